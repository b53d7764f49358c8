package io.thr.dispatcher.upstream;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Bounds how many calls are repeats, so that those who fail do not double the load of those who are left: one for every
 * five calls and five a second, and a reserve of so many that all calls under way can be repeated once. Threads may share it.
 *
 * <p>It is a token bucket that begins full: each call puts in a fifth of a token and each second five, a repeat takes one.
 */
final class RetryBudget {

    private static final double PER_CALL = 0.2;
    private static final double PER_SECOND = 5;

    private final double reserve;
    private final LongSupplier nanoTime;
    // Guarded by this
    private double tokens;
    private long filledNanos;

    /** With a reserve of so many repeats. */
    RetryBudget(int reserve, LongSupplier nanoTime) {
        this.reserve = reserve;
        this.nanoTime = nanoTime;
        this.tokens = reserve;
        this.filledNanos = nanoTime.getAsLong();
    }

    /** A call is made that is no repeat. */
    synchronized void earn() {
        tokens = Math.min(reserve, tokens + PER_CALL);
    }

    /** Whether one more call may be a repeat; it counts then. */
    synchronized boolean spend() {
        long now = nanoTime.getAsLong();
        double seconds = (double) (now - filledNanos) / TimeUnit.SECONDS.toNanos(1);
        tokens = Math.min(reserve, tokens + seconds * PER_SECOND);
        filledNanos = now;
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }
}
