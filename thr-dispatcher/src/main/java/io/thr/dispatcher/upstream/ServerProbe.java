package io.thr.dispatcher.upstream;

import io.thr.core.message.Headers;
import java.time.InstantSource;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks one server again and again whether it can serve. Two failures in a row leave it out, an answer brings it back. It
 * runs on the timer until that ends; the next question comes after the answer to the last, and while the server is left out,
 * when its time is over.
 */
final class ServerProbe {

    private static final int FAILURES = 2;
    private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final UpstreamServer server;
    private final HealthCheck check;
    private final ScheduledExecutorService timer;
    private final InstantSource clock;
    private final DoubleSupplier random;
    // Written by the one question that is under way
    private volatile int failures;

    ServerProbe(
            UpstreamServer server,
            HealthCheck check,
            ScheduledExecutorService timer,
            InstantSource clock,
            DoubleSupplier random) {
        this.server = server;
        this.check = check;
        this.timer = timer;
        this.clock = clock;
        this.random = random;
    }

    /** Begins, at once. */
    void start() {
        askIn(0);
    }

    private void askIn(long nanos) {
        try {
            var unused = timer.schedule(this::ask, nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // The dispatcher has stopped
        }
    }

    private void ask() {
        UpstreamRequest question = new UpstreamRequest(
                server.address(),
                "GET",
                check.path(),
                Headers.EMPTY,
                new byte[0],
                clock.instant().plus(check.timeout()));
        var unused = server.send(question, ConnectionListener.NONE).whenComplete((result, error) -> {
            heard(result, error);
            askIn(pauseNanos());
        });
    }

    private void heard(@Nullable UpstreamResult result, @Nullable Throwable error) {
        String failure = failure(result, error);
        if (failure == null) {
            failures = 0;
            server.checkPassed();
            return;
        }
        int inARow = failures + 1;
        failures = inARow;
        if (inARow >= FAILURES) {
            server.checkFailed(failure);
        }
    }

    private static @Nullable String failure(@Nullable UpstreamResult result, @Nullable Throwable error) {
        if (result instanceof UpstreamResponse response) {
            return response.status() < 400 ? null : "status " + response.status() + " (expected: 200 to 399)";
        }
        return result instanceof UpstreamFailure failure ? failure.forLog() : String.valueOf(error);
    }

    private long pauseNanos() {
        if (server.ejection().isOut()) {
            return Math.max(LEAST_PAUSE_NANOS, server.ejection().leftNanos());
        }
        // Dispatchers that were started together should not ask together for ever
        return (long) (check.interval().toNanos() * (1 - random.getAsDouble() / 10));
    }
}
