package io.thr.filter.http;

import io.thr.core.rate.RateState;
import java.util.List;

/**
 * For how long a refused client shall stay away: whole seconds, as {@code Retry-After} has them (RFC 9110 §10.2.3), and never
 * fewer than it takes, for who comes too early is refused again. Chance adds up to a tenth, or a second, so that those who
 * were refused together do not come back together.
 */
final class RetryAfter {

    private RetryAfter() {}

    /**
     * The seconds, 1 at least.
     *
     * @param refusing how the policies stand that refused
     * @param chance 0 to below 1
     */
    static long seconds(List<RateState> refusing, double chance) {
        if (!(chance >= 0 && chance < 1)) {
            throw new IllegalArgumentException("chance: " + chance + " (expected: 0 to below 1)");
        }
        long longestMillis = 1;
        for (RateState state : refusing) {
            longestMillis = Math.max(longestMillis, waitMillis(state));
        }
        long seconds = -Math.floorDiv(-longestMillis, 1000L);
        long spread = Math.max(1, seconds / 10);
        return seconds + (long) (chance * (spread + 1));
    }

    /** What never has room can still be asked for once a window, where the policy may have changed. */
    private static long waitMillis(RateState state) {
        if (state.waitMillis() != RateState.NEVER) {
            return state.waitMillis();
        }
        return Math.max(
                state.moreMillis(), state.policy().window().plusNanos(999_999).toMillis());
    }
}
