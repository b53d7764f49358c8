package io.thr.benchmark.rate;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;

/** What decides, for one unit of a key's quota at a time, whether it is granted. The callers share it. */
public sealed interface Decider extends AutoCloseable {

    /** Gives its connections and threads back. */
    Runnable end();

    @Override
    default void close() {
        end().run();
    }

    /**
     * Lets its caller wait.
     *
     * @param grants asked with the key
     */
    record Blocking(Predicate<String> grants, Runnable end) implements Decider {}

    /**
     * Tells its caller later.
     *
     * @param grants asked with the key
     */
    record Async(Function<String, CompletableFuture<Boolean>> grants, Runnable end) implements Decider {}
}
