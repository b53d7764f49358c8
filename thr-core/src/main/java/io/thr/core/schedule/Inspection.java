package io.thr.core.schedule;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a request is in the scheduler: the answer to "why does it wait?". */
public sealed interface Inspection {

    /** It has no ticket: it has ended, or is still on its queue. */
    record Unknown() implements Inspection {}

    /**
     * It runs.
     *
     * @param owner the member that runs it
     * @param since by the server's clock
     */
    record Running(String owner, Instant since) implements Inspection {}

    /** A member has taken it out of the queue, or over from a lost one, and sees to it now. */
    record Taken(String owner) implements Inspection {}

    /**
     * It waits.
     *
     * @param queue whose members may run it
     * @param before how many requests of its flow come before it
     * @param blockedBy the counter that its flow waits for; null: it waits for a member with room, or for its share
     * @param counters all that count it
     */
    record Waiting(String queue, long before, @Nullable String blockedBy, List<Usage> counters) implements Inspection {}

    /**
     * How far a counter is used.
     *
     * @param counter a limit's name, or {@code name==value}
     * @param running how many run
     * @param max the maximum in force; null: none is
     */
    record Usage(String counter, long running, @Nullable Integer max) {}
}
