package io.thr.benchmark.rate;

import java.time.Duration;

/**
 * What every token bucket is told: so large a burst that nothing is ever refused, and refilled more slowly than the load
 * takes from it. So a bucket is never full, and its key never expires and never is made anew: what is measured is a bucket in
 * use. A quota that refilled faster would have some contenders create a key for each decision and others not.
 *
 * @param tokens how many come in each {@link #WINDOW}
 * @param burst how many there are at first
 */
record Quota(long tokens, long burst) {

    static final Duration WINDOW = Duration.ofSeconds(60);

    /** Where there is no token bucket to be had: so many in a window. */
    static final long UNLIMITED = 1_000_000_000;

    /** One key takes all the load, a thousand decisions a second at least; one of many takes some in a second. */
    static Quota forEachOf(int keys) {
        return keys == 1
                ? new Quota(1_000 * WINDOW.toSeconds(), UNLIMITED)
                : new Quota(WINDOW.toSeconds(), UNLIMITED / 1_000);
    }
}
