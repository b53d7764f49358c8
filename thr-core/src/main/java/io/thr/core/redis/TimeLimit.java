package io.thr.core.redis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Bounds on the time that a future may take, by timers of our own. The JDK's {@code orTimeout} has one thread for all, which
 * keeps the class loader of whoever used it first: of a web application that has been undeployed.
 */
public final class TimeLimit {

    private TimeLimit() {}

    /** The same future; it fails with {@link TimeoutException} where it takes longer. A timer that has ended bounds nothing. */
    public static <T> CompletableFuture<T> on(
            CompletableFuture<T> future, long millis, ScheduledExecutorService timer) {
        try {
            Future<?> alarm = timer.schedule(
                    () -> future.completeExceptionally(new TimeoutException()), millis, TimeUnit.MILLISECONDS);
            var unused = future.whenComplete((value, failure) -> alarm.cancel(false));
        } catch (RejectedExecutionException e) {
            // its owner ends, and ends what waits
            return future;
        }
        return future;
    }

    /** Waits until it has ended, whatever way, or the time is over, or the thread is interrupted, and stays so. */
    public static void await(Future<?> future, long millis) {
        try {
            future.get(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // it was only to be given time
            return;
        }
    }
}
