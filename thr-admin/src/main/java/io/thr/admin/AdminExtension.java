package io.thr.admin;

/**
 * What a program has on its admin port besides what all have: a state at {@code /api/<name>}, and values to be set by {@code POST
 * /api/<name>/set?name=…&value=…}, under the same conditions as all changes. Threads share it, and it never waits.
 */
public interface AdminExtension {

    /** What it is called: a part of a path. */
    String name();

    /** Its state, as a JSON object. */
    String state();

    /**
     * Sets one of its values.
     *
     * @throws IllegalArgumentException where there is no such value, or it cannot be that, with what is expected
     */
    void set(String name, String value);
}
