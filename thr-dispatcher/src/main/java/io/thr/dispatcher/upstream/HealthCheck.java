package io.thr.dispatcher.upstream;

import java.time.Duration;

/**
 * A question by which each server of a queue shows that it can serve: a GET, answered with 200 to 399 in time.
 *
 * @param path path and query, beginning with a slash
 * @param interval the time between two of them while the server is in, at least 100 ms; while it is left out it is asked
 *     when its time is over, after 1 s at first and 30 s at most
 * @param timeout how long an answer may take, at least 1 ms
 */
public record HealthCheck(String path, Duration interval, Duration timeout) {

    /** How often a server is asked, where nobody says. */
    public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(5);

    /** How long its answer may take, where nobody says. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(2);

    /** How often it is asked at most. */
    public static final Duration LEAST_INTERVAL = Duration.ofMillis(100);

    /** Checks the parts. */
    public HealthCheck {
        if (!path.startsWith("/") || !path.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException(
                    "path: " + path + " (expected: a path such as /health, of visible ASCII characters)");
        }
        if (interval.compareTo(LEAST_INTERVAL) < 0) {
            throw new IllegalArgumentException("interval: " + interval + " (expected: at least 100 ms)");
        }
        if (timeout.toMillis() < 1) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: at least 1 ms)");
        }
    }

    /** That path, as often and as patiently as usual. */
    public static HealthCheck of(String path) {
        return new HealthCheck(path, DEFAULT_INTERVAL, DEFAULT_TIMEOUT);
    }
}
