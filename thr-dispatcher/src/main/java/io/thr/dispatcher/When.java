package io.thr.dispatcher;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.log.StormLog;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Goes on when a future has ended. What {@link CompletableFuture#whenComplete} would swallow is a mistake of ours, and logged. */
final class When {

    private static final System.Logger LOG = System.getLogger(When.class.getName());
    private static final StormLog UNFORESEEN = StormLog.of(LOG);
    private static final StormLog UNSAID = StormLog.of(LOG);

    private When() {}

    /** What the step gives, or a future that has failed where it throws. */
    static <T> CompletableFuture<T> tried(Supplier<CompletableFuture<T>> step) {
        try {
            return step.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Calls it with the value or the error, on the thread that ends the future, or at once where it has ended. */
    static <T extends @Nullable Object> void done(
            CompletableFuture<T> future, BiConsumer<? super T, ? super @Nullable Throwable> next) {
        var unused = future.whenComplete((value, error) -> {
            try {
                next.accept(value, error);
            } catch (RuntimeException e) {
                UNFORESEEN.log(ERROR, "a step failed in an unforeseen way", e);
            }
        });
    }

    /** Logs where the last word of a request that does not run could not be said. */
    static void failed(CompletableFuture<Void> lastWord) {
        done(lastWord, (said, error) -> {
            if (error != null) {
                UNSAID.log(WARNING, "a request could not be answered or let go of: {0}", Trouble.told(error));
            }
        });
    }
}
