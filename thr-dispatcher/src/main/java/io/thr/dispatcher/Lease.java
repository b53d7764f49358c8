package io.thr.dispatcher;

import java.time.Duration;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * How long this member may still believe that what it took is its own. Threads may share it.
 *
 * <p>The lease runs from before its renewal was sent, so that this side always ends it before Redis does. It counts on
 * two clocks, as the monotonic one stands still while a machine is suspended.
 */
final class Lease {

    /** How long a member that is not heard of keeps what it took. */
    static final Duration LENGTH = Duration.ofSeconds(10);

    /** After that much of it without a renewal, nothing is begun any more. */
    static final Duration SURE = LENGTH.multipliedBy(2).dividedBy(3);

    private final LongSupplier nanoTime;
    private final InstantSource clock;
    private volatile Renewal last;
    private volatile boolean doubted;

    Lease(LongSupplier nanoTime, InstantSource clock) {
        this.nanoTime = nanoTime;
        this.clock = clock;
        this.last = now();
    }

    /** A moment on both clocks. */
    record Renewal(long nanos, long millis) {}

    /** The moment to give to {@link #renewed} when the renewal that is sent now has succeeded. */
    Renewal now() {
        return new Renewal(nanoTime.getAsLong(), clock.millis());
    }

    void renewed(Renewal sent) {
        last = sent;
        doubted = false;
    }

    /** Something went wrong that a lost lease would explain: it is to be renewed soon. */
    void doubt() {
        doubted = true;
    }

    boolean isDoubted() {
        return doubted;
    }

    /** Whether a request may be begun. */
    boolean isSure() {
        Renewal now = now();
        Renewal renewal = last;
        return now.nanos - renewal.nanos < SURE.toNanos() && now.millis - renewal.millis < SURE.toMillis();
    }
}
