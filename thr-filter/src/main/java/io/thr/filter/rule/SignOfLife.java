package io.thr.filter.rule;

import java.time.Duration;

/**
 * How a request that waits shows its client, and the proxies in between, that it still does, how many come before it and
 * how long that may take. Whoever has left is noticed by it.
 *
 * @param as in what form
 * @param every how often, and after how long for the first time; 100 ms to an hour
 */
public record SignOfLife(As as, Duration every) {

    /** Often enough for proxies, which give up after 30 or 60 seconds. */
    public static final Duration DEFAULT_EVERY = Duration.ofSeconds(10);

    /** The shortest time between two. */
    public static final Duration MIN_EVERY = Duration.ofMillis(100);

    private static final Duration MAX_EVERY = Duration.ofHours(1);

    /** The form of a sign. */
    public enum As {
        /**
         * An interim response: {@code 103} with {@code Thr-Position} and {@code Thr-Estimated-Wait}, in seconds. Clients pass
         * over it, and the response is what it would have been. In Jetty only, as other containers have no way to send one; not for
         * HTTP/1.0, which has none.
         */
        INTERIM,
        /**
         * A comment in a stream of server-sent events, for a request that accepts {@code text/event-stream}: the first makes
         * the response a 200 of that type. What is no such response of the upstream's then follows as an event
         * {@code error}.
         */
        EVENTS
    }

    /** Refuses a time out of its range. */
    public SignOfLife {
        if (every.compareTo(MIN_EVERY) < 0 || every.compareTo(MAX_EVERY) > 0) {
            throw new IllegalArgumentException("every: " + every.toMillis() + " ms (expected: 100 ms to 1 h)");
        }
    }

    /** In that form, every ten seconds. */
    public static SignOfLife as(As as) {
        return new SignOfLife(as, DEFAULT_EVERY);
    }
}
