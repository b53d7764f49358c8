package io.thr.dispatcher;

import java.time.Instant;

/** Times as messages have them: seconds since the epoch with a fraction. */
final class Seconds {

    // What an Instant can hold by far, and more than anyone means
    private static final double LATEST = 4e12;

    private Seconds() {}

    /** That time, to the microsecond; what lies outside of four trillion seconds is brought to that bound. */
    static Instant toInstant(double seconds) {
        double bounded = Math.max(-LATEST, Math.min(LATEST, seconds));
        long whole = (long) Math.floor(bounded);
        return Instant.ofEpochSecond(whole, (long) ((bounded - whole) * 1_000_000) * 1_000);
    }
}
