package io.thr.core.rate;

/**
 * What a request costs one key of a policy.
 *
 * @param policy the policy in force for that key
 * @param key whose quota, as {@link RateKeys} names it: the policy's name is part of it
 * @param cost how many units, 0 to {@link RatePolicy#MAX_QUOTA}; what costs more than the policy's capacity is never granted
 */
public record RateCharge(RatePolicy policy, String key, long cost) {

    /** Checks the cost. */
    public RateCharge {
        if (cost < 0 || cost > RatePolicy.MAX_QUOTA) {
            throw new IllegalArgumentException(
                    policy.name() + ": cost: " + cost + " (expected: 0 to " + RatePolicy.MAX_QUOTA + ")");
        }
    }
}
