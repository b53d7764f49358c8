package io.thr.admin;

import java.util.List;

/** What the admin port shows of the program that it belongs to. Threads may share it. */
public interface AdminProgram {

    /** {@code dispatcher} or {@code front}. */
    String kind();

    /** What it is called on its buses. */
    String name();

    /** Its version. */
    String version();

    /** Why it cannot do its work now, in words for its operator; nothing where it can. Never waits. */
    List<String> notReady();

    /**
     * What it counts, as a JSON object: without passwords, query strings and fields of requests. It may wait for Redis, for a
     * second or so.
     */
    String stats();

    /** The buses that it works on, the one first that is meant where nobody says which; never none. Never waits. */
    List<AdminBus> buses();

    /** What it has on its admin port besides; the same at all times. */
    default List<AdminExtension> extensions() {
        return List.of();
    }
}
