package io.thr.core.rate;

import org.jspecify.annotations.Nullable;

/**
 * What one key of a policy has used, by one algorithm: the same as {@code lua/lib/rate.lua} keeps in Redis, told by a test that
 * compares them. Times are microseconds of a clock that may be set back. A time in the future is one that has been given to a
 * request that waits. Owned by its limiter, under its lock.
 */
sealed interface Account permits FixedWindowAccount, SlidingWindowAccount, TokenBucketAccount {

    /** For that algorithm, with nothing used. */
    static Account of(RateAlgorithm algorithm) {
        return switch (algorithm) {
            case FIXED_WINDOW -> new FixedWindowAccount();
            case SLIDING_WINDOW -> new SlidingWindowAccount();
            case TOKEN_BUCKET -> new TokenBucketAccount();
        };
    }

    /**
     * Comes first, at every use.
     *
     * @param horizon how far in the future a time may be; what lies farther comes from a clock that was set back, and counts as
     *     of now
     */
    void look(RatePolicy policy, long now, long horizon);

    /** When, from that time on, one of that cost fits behind all before it; null: never. */
    @Nullable
    Long frees(RatePolicy policy, long cost, long now, long at);

    /** Charges that cost at that time, whether there is room or not. */
    void take(RatePolicy policy, long cost, long now, long at);

    /** Units left now. */
    long remaining(RatePolicy policy, long now);

    /** Microseconds until there are more; 0: no more to come. */
    long more(RatePolicy policy, long now);

    /** When nothing of it counts any more. */
    long end(RatePolicy policy, long now);

    /**
     * Charges the difference, or gives it back where it is negative, as far as it still counts.
     *
     * @param untilMillis until when what was charged counts, {@link RateState#countsUntil}
     */
    void correct(RatePolicy policy, long difference, long untilMillis, long now);

    /** Microseconds of the window. */
    static long window(RatePolicy policy) {
        return policy.window().toNanos() / 1000;
    }

    /** The quotient, rounded up. */
    static long ceil(long dividend, long divisor) {
        return -Math.floorDiv(-dividend, divisor);
    }
}
