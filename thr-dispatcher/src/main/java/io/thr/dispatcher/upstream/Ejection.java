package io.thr.dispatcher.upstream;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Whether a server is left out, and for how long: its circuit breaker.
 *
 * <pre>
 *        three failures in a row, or its health check fails            its time is over
 *    in ────────────────────────────────────────────────────► out ──────────────────────► on trial
 *     ▲                                                        ▲   failed: out for twice as long │
 *     └──────────────────────── succeeded ─────────────────────┴────────────────────────────────┘
 * </pre>
 *
 * The time is 1 s at first, twice as long each time, 30 s at most, and of each a random part of up to a half is taken off,
 * so that dispatchers do not come all at once. There is one trial at a time. Threads may share it.
 */
final class Ejection {

    /** What an event has changed, for the log. */
    enum Change {
        NONE,
        FIRST_FAILURE,
        LEFT_OUT,
        BACK
    }

    static final int FAILURES = 3;

    static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final int MOST_DOUBLINGS = 5;

    private final LongSupplier nanoTime;
    private final DoubleSupplier random;
    private volatile boolean out;
    // Guarded by this, as is the writing of out
    private int failures;
    private int times;
    private long untilNanos;
    private boolean onTrial;
    private boolean unconnected;

    /** With a clock, and random numbers from 0 to 1. */
    Ejection(LongSupplier nanoTime, DoubleSupplier random) {
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /** Whether it is left out, on trial or not. */
    boolean isOut() {
        return out;
    }

    /** How long it is still to be left out; zero or less where that is over, or where it is in. */
    synchronized long leftNanos() {
        return out ? untilNanos - nanoTime.getAsLong() : 0;
    }

    /**
     * Whether a call may be its trial, which it is then: it is out, its time is over, and there is no other.
     *
     * @param early whether its time need not be over, as there is no other server
     */
    synchronized boolean beginTrial(boolean early) {
        if (!out || onTrial || (!early && untilNanos - nanoTime.getAsLong() > 0)) {
            return false;
        }
        onTrial = true;
        return true;
    }

    /** A call has got its connection. Where that was what failed, the trial is won, though the next failure is one too many. */
    synchronized Change connected(boolean trial) {
        if (!out || !trial || !unconnected) {
            return Change.NONE;
        }
        back(FAILURES - 1);
        return Change.BACK;
    }

    /** A call was answered. */
    synchronized Change succeeded(boolean trial) {
        if (!out) {
            failures = 0;
            times = 0;
            return Change.NONE;
        }
        // What began before it was left out proves nothing
        if (!trial) {
            return Change.NONE;
        }
        times = 0;
        back(0);
        return Change.BACK;
    }

    /** A call could not be connected, or its connection broke. */
    synchronized Change failed(boolean trial, boolean unconnected) {
        if (out && !trial) {
            return Change.NONE;
        }
        this.unconnected = unconnected;
        if (out) {
            leaveOut();
            return Change.NONE;
        }
        failures++;
        if (failures >= FAILURES) {
            leaveOut();
            return Change.LEFT_OUT;
        }
        return failures == 1 ? Change.FIRST_FAILURE : Change.NONE;
    }

    /** A call ended in a way that says nothing of the server. */
    synchronized void undecided(boolean trial) {
        if (trial) {
            onTrial = false;
        }
    }

    /** Its health check failed, not for the first time. */
    synchronized Change checkFailed() {
        boolean before = out;
        unconnected = false;
        leaveOut();
        return before ? Change.NONE : Change.LEFT_OUT;
    }

    /** Its health check was answered. */
    synchronized Change checkPassed() {
        if (!out) {
            times = failures == 0 ? 0 : times;
            return Change.NONE;
        }
        if (untilNanos - nanoTime.getAsLong() > 0) {
            return Change.NONE;
        }
        back(0);
        return Change.BACK;
    }

    private void leaveOut() {
        long longest = Math.min(LONGEST.toNanos(), FIRST.toNanos() << Math.min(times, MOST_DOUBLINGS));
        untilNanos = nanoTime.getAsLong() + (long) (longest * (1 - random.getAsDouble() / 2));
        times++;
        onTrial = false;
        out = true;
    }

    private void back(int failures) {
        this.failures = failures;
        onTrial = false;
        out = false;
    }

    /** How long it is still left out, in words. */
    String left() {
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(leftNanos())) + " ms";
    }
}
