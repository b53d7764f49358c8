package io.thr.core.rate;

/**
 * How a policy stands for a key, right after a decision.
 *
 * @param policy the policy as it was applied
 * @param remaining how many units are left now
 * @param moreMillis after how long there will be more than that; 0 where there is no more to come
 * @param waitMillis after how long there will be room for what was asked; 0 where there was; {@link #NEVER} where there never
 *     will
 * @param moreAt when there will be more, by the deciding clock, epoch milliseconds: for {@link RateLimiter#settle}
 */
public record RateState(RatePolicy policy, long remaining, long moreMillis, long waitMillis, long moreAt) {

    /** There never is room for what was asked, unless the policy changes. */
    public static final long NEVER = -1;

    /** Until when what was charged right before it counts, by the deciding clock, epoch milliseconds: for corrections. */
    public long countsUntil() {
        return switch (policy.algorithm()) {
            case FIXED_WINDOW -> moreAt;
            case SLIDING_WINDOW -> moreAt - moreMillis + policy.window().toMillis();
            case TOKEN_BUCKET -> policy.quota() == 0 ? moreAt : moreAt + fullAfterMore();
        };
    }

    private long fullAfterMore() {
        return (policy.capacity() - remaining - 1) * policy.nanosPerToken() / 1_000_000;
    }

    /** Whether there was no room for what was asked, not even after the delay that the policy allows. */
    public boolean exceeded() {
        return waitMillis == NEVER || waitMillis > policy.maxDelay().toMillis();
    }
}
