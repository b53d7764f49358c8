package io.thr.dispatcher;

import java.time.Instant;

/** Times as messages have them: seconds since the epoch with a fraction. */
final class Seconds {

    private Seconds() {}

    /** That time, to the microsecond. */
    static Instant toInstant(double seconds) {
        long whole = (long) Math.floor(seconds);
        return Instant.ofEpochSecond(whole, ((long) ((seconds - whole) * 1_000_000)) * 1_000);
    }
}
