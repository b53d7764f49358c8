package io.thr.core.redis;

import java.time.Duration;

/** What became of a message that was offered to a queue. */
public sealed interface Offer {

    /**
     * It is on the list, or taken from there already.
     *
     * @param length how many messages the list had with it
     */
    record Queued(long length) implements Offer {}

    /**
     * It is not on the list, which is full.
     *
     * @param length how many messages the list has without it
     * @param drainPerSecond how many of them are taken a second, lately; 0 where nobody knows
     */
    record Full(long length, double drainPerSecond) implements Offer {

        private static final Duration UNKNOWN = Duration.ofSeconds(10);
        private static final long MOST_SECONDS = 3600;

        /**
         * When to try again: when the list as it is now will have drained at that rate. In whole seconds, 1 to 3600; 10
         * where the rate is not known.
         */
        public Duration retryAfter() {
            if (!(drainPerSecond > 0)) {
                return UNKNOWN;
            }
            double seconds = Math.ceil(length / drainPerSecond);
            return Duration.ofSeconds((long) Math.max(1, Math.min(MOST_SECONDS, seconds)));
        }
    }
}
