package io.thr.admin;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A request to the admin port, as the server in front of it has read it.
 *
 * @param method as it was sent
 * @param path as it was sent: not decoded, nothing resolved; below the place where the admin port is mounted
 * @param query as it was sent; null where there was none
 * @param fields gives the value of a header field by its name, several of one name joined by commas; null where there is none
 * @param peer the address of who sent it
 * @param local the address that it came to
 */
public record AdminRequest(
        String method,
        String path,
        @Nullable String query,
        Function<String, @Nullable String> fields,
        String peer,
        String local) {

    /** The value of that header field. */
    @Nullable
    String field(String name) {
        return fields.apply(name);
    }

    /** Whether nothing is asked for but the head of the answer. */
    public boolean isHead() {
        return method.equals("HEAD");
    }
}
