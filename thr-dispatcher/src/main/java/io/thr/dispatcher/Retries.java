package io.thr.dispatcher;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Tries a step in Redis again while the server is out of reach. Only for steps that may be done twice. */
final class Retries {

    private static final long PAUSE_MILLIS = 250;

    private final Executor afterPause =
            CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS, Runnable::run);
    private final InstantSource clock;

    Retries(InstantSource clock) {
        this.clock = clock;
    }

    /** The step's value, or its error where that is not one of reach or the time is over. */
    <T> CompletableFuture<T> within(Duration time, Supplier<CompletableFuture<T>> step) {
        CompletableFuture<T> outcome = new CompletableFuture<>();
        attempt(step, clock.instant().plus(time), outcome);
        return outcome;
    }

    private <T> void attempt(Supplier<CompletableFuture<T>> step, Instant until, CompletableFuture<T> outcome) {
        When.done(When.tried(step), (value, error) -> {
            if (error == null) {
                outcome.complete(value);
            } else if (Trouble.isOutOfReach(error) && clock.instant().isBefore(until)) {
                afterPause.execute(() -> attempt(step, until, outcome));
            } else {
                outcome.completeExceptionally(error);
            }
        });
    }
}
