package io.thr.core.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Knows whether the server answers. Once it has not answered in time, nobody waits for it again until it has: it is asked every
 * now and then whether it is back, by us and not by a request. Threads may share it.
 */
final class RateBreaker {

    private static final Logger LOG = System.getLogger(RateBreaker.class.getName());
    private static final long PROBE_MILLIS = 100;

    private final Redis redis;
    private final RateFunctions functions;
    private final ScheduledExecutorService timer;
    private volatile @Nullable RedisUnavailableException reason;
    // guarded by this
    private long sinceNanos;
    private boolean logged;

    RateBreaker(Redis redis, RateFunctions functions, ScheduledExecutorService timer) {
        this.redis = redis;
        this.functions = functions;
        this.timer = timer;
    }

    /** Why nobody should ask the server now; null where one may. */
    @Nullable
    RedisUnavailableException reason() {
        return reason;
    }

    /** It has not answered. */
    synchronized void open(RedisUnavailableException why) {
        if (reason != null) {
            return;
        }
        reason = why;
        logged = false;
        sinceNanos = System.nanoTime();
        probeLater();
    }

    private void probeLater() {
        try {
            var unused = timer.schedule(this::probe, PROBE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.log(Level.DEBUG, "closed while Redis was away", e);
        }
    }

    /** One at a time: the next comes when this one has ended, as every call does. */
    private void probe() {
        if (!isAway()) {
            return;
        }
        var unused = redis.call(functions.decide(), List.of(), RateCall.NOTHING, Patience.SHORT, reply -> reply)
                .whenComplete((reply, failure) -> {
                    if (failure instanceof RedisUnavailableException) {
                        probeLater();
                    } else {
                        close();
                    }
                });
    }

    /** Whether it is away still; then it is more than a moment, and worth a line. */
    private synchronized boolean isAway() {
        RedisUnavailableException why = reason;
        if (why != null && !logged) {
            logged = true;
            LOG.log(
                    Level.WARNING,
                    "rate policies cannot be decided in Redis, on_redis_failure says what becomes of requests: {0}",
                    why.getMessage());
        }
        return why != null;
    }

    /** It has answered. */
    synchronized void close() {
        if (reason != null) {
            functions.registerAgain();
        }
        if (reason != null && logged) {
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNanos);
            LOG.log(Level.INFO, "rate policies are decided in Redis again after {0} ms", Long.toString(millis));
        }
        reason = null;
    }
}
