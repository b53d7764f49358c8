package io.thr.core.rate;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is in force for a key, or for all, instead of the policy's own quota.
 *
 * @param quota units per window, 0 to {@link RatePolicy#MAX_QUOTA}
 * @param burst units at once, of a token bucket; {@link #FOLLOWS}: as many as the quota where the policy's are, else the
 *     policy's
 */
public record RateQuota(long quota, long burst) {

    /** No burst of its own. */
    public static final long FOLLOWS = -1;

    private static final Pattern TEXT = Pattern.compile("(\\d{1,10})(?: (\\d{1,10}))?");

    /** Checks the range. */
    public RateQuota {
        if (quota < 0 || quota > RatePolicy.MAX_QUOTA || burst < FOLLOWS || burst > RatePolicy.MAX_QUOTA) {
            throw new IllegalArgumentException(
                    "quota: " + quota + " " + burst + " (expected: 0 to " + RatePolicy.MAX_QUOTA + ")");
        }
    }

    /** Without a burst of its own. */
    public static RateQuota of(long quota) {
        return new RateQuota(quota, FOLLOWS);
    }

    /**
     * Reads {@code 500}, or {@code 500 50} with a burst.
     *
     * @throws IllegalArgumentException where it is something else
     */
    public static RateQuota parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("quota: " + text + " (expected: a quota, or quota and burst: 500 50)");
        }
        return new RateQuota(
                Long.parseLong(parts.group(1)), parts.group(2) == null ? FOLLOWS : Long.parseLong(parts.group(2)));
    }

    /**
     * The policy with that quota.
     *
     * @throws IllegalArgumentException where the policy cannot have it
     */
    public RatePolicy of(RatePolicy policy) {
        return burst == FOLLOWS ? policy.withQuota(quota) : policy.withQuota(quota, burst);
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return burst == FOLLOWS ? Long.toString(quota) : quota + " " + burst;
    }
}
