package io.thr.core.rate;

import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * How many units a key may use per time, and what becomes of what exceeds that. Checked when it is made. Immutable.
 */
public final class RatePolicy {

    /** The largest quota and burst. */
    public static final long MAX_QUOTA = 1_000_000_000;
    /** The largest quota of a {@link RateAlgorithm#SLIDING_WINDOW}, which remembers each request. */
    public static final long MAX_LOG = 100_000;
    /** The shortest window. */
    public static final Duration MIN_WINDOW = Duration.ofMillis(10);
    /** The longest window, and the longest time in which a bucket may fill: what scripts can count in nanoseconds. */
    public static final Duration MAX_WINDOW = Duration.ofDays(45);
    /** The longest delay. */
    public static final Duration MAX_DELAY = Duration.ofMinutes(10);
    /** The most tokens that may be added to a bucket in a second. */
    public static final long MAX_TOKENS_PER_SECOND = 1_000_000;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private final String name;
    private final RateAlgorithm algorithm;
    private final long quota;
    private final Duration window;
    private final long burst;
    private final OnExceeded onExceeded;
    private final Duration maxDelay;
    private final boolean shadow;
    private final int maxKeys;
    private final int lease;
    private final boolean settled;
    private final int hash;

    private RatePolicy(Builder from) {
        name = from.name;
        algorithm = from.algorithm;
        quota = from.quota;
        window = from.window;
        burst = algorithm == RateAlgorithm.TOKEN_BUCKET ? (from.burst < 0 ? quota : from.burst) : quota;
        onExceeded = from.onExceeded;
        maxDelay = onExceeded == OnExceeded.DELAY && !from.shadow ? from.maxDelay : Duration.ZERO;
        shadow = from.shadow;
        maxKeys = from.maxKeys;
        lease = from.lease;
        settled = from.settled;
        check(NAME.matcher(name).matches(), "name", name, "1 to 64 letters, digits, dots, hyphens, underscores");
        check(quota >= 0 && quota <= MAX_QUOTA, "quota", quota, "0 to " + MAX_QUOTA);
        check(
                window.compareTo(MIN_WINDOW) >= 0 && window.compareTo(MAX_WINDOW) <= 0,
                "window",
                window,
                "10 ms to 45 days");
        check(burst >= 0 && burst <= MAX_QUOTA, "burst", burst, "0 to " + MAX_QUOTA);
        check(
                from.burst < 0 || algorithm == RateAlgorithm.TOKEN_BUCKET,
                "burst",
                from.burst,
                "none: only a token-bucket has one");
        check(
                algorithm != RateAlgorithm.SLIDING_WINDOW || quota <= MAX_LOG,
                "quota",
                quota,
                "at most " + MAX_LOG + " with a sliding-window, which remembers each request");
        check(
                !from.maxDelay.isNegative() && from.maxDelay.compareTo(MAX_DELAY) <= 0,
                "max_delay",
                from.maxDelay,
                "0 to 10 minutes");
        check(maxKeys >= 1, "max_keys", maxKeys, ">= 1");
        check(lease >= 0 && lease <= 10_000, "lease", lease, "0 to 10000");
        check(
                lease == 0 || (onExceeded == OnExceeded.REJECT && !shadow),
                "lease",
                lease,
                "0, unless on_exceeded is reject and shadow is off");
        if (algorithm == RateAlgorithm.TOKEN_BUCKET && quota > 0) {
            check(
                    quota <= MAX_TOKENS_PER_SECOND * Math.max(1, window.toMillis()) / 1000,
                    "quota",
                    quota,
                    "at most a million tokens a second");
            check(
                    nanosPerToken() <= MAX_WINDOW.toNanos() / Math.max(1, burst),
                    "burst",
                    burst,
                    "so few that the bucket fills in 45 days");
        }
        hash = Objects.hash(
                name, algorithm, quota, window, burst, onExceeded, maxDelay, shadow, maxKeys, lease, settled);
    }

    private static void check(boolean right, String what, Object value, String expected) {
        if (!right) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: " + expected + ")");
        }
    }

    /** A policy of that name, algorithm, quota and window; it rejects what exceeds it. */
    public static Builder named(String name, RateAlgorithm algorithm, long quota, Duration window) {
        return new Builder(name, algorithm, quota, window);
    }

    /** The same with another quota; a burst that was equal to the quota follows it. */
    public RatePolicy withQuota(long newQuota) {
        return withQuota(newQuota, burst == quota ? newQuota : burst);
    }

    /** The same with another quota and burst; the burst counts for a token bucket only. */
    public RatePolicy withQuota(long newQuota, long newBurst) {
        return new Builder(this)
                .quota(newQuota)
                .burst(algorithm == RateAlgorithm.TOKEN_BUCKET ? newBurst : -1)
                .build();
    }

    /** The same, whose costs are corrected afterwards. */
    public RatePolicy asSettled() {
        Builder builder = new Builder(this).settled(true);
        return (algorithm == RateAlgorithm.TOKEN_BUCKET ? builder.burst(burst) : builder).build();
    }

    /** What headers, problems and Redis call it: 1 to 64 letters, digits, dots, hyphens, underscores. */
    public String name() {
        return name;
    }

    /** How it counts. */
    public RateAlgorithm algorithm() {
        return algorithm;
    }

    /** How many units per window; 0: none at all. */
    public long quota() {
        return quota;
    }

    /** Per how much time. */
    public Duration window() {
        return window;
    }

    /** How many units at once, of a token bucket; else the quota. */
    public long burst() {
        return burst;
    }

    /** The most that can ever be granted at once: what costs more is never granted. */
    public long capacity() {
        return quota == 0 ? 0 : burst;
    }

    /** What becomes of what exceeds it. */
    public OnExceeded onExceeded() {
        return onExceeded;
    }

    /** How long a request may be made to wait; 0 where it is not. */
    public Duration maxDelay() {
        return maxDelay;
    }

    /** Whether it may make a request wait. */
    public boolean mayDelay() {
        return !maxDelay.isZero();
    }

    /** Whether it counts and reports, and refuses nobody. */
    public boolean shadow() {
        return shadow;
    }

    /** Whether it lets everything through, and only tells what exceeds it. */
    public boolean isSoft() {
        return shadow || onExceeded == OnExceeded.QUEUE;
    }

    /** How many keys it has at most at a time; further ones share one bucket. */
    public int maxKeys() {
        return maxKeys;
    }

    /** How many units more than are asked for a node takes at a time, to decide alone; 0: none. */
    public int lease() {
        return lease;
    }

    /** Whether what requests cost is corrected afterwards. */
    public boolean settled() {
        return settled;
    }

    /** The time that a token takes to come, of a token bucket whose quota is not 0: rounded up, never too fast. */
    public long nanosPerToken() {
        long nanos = window.toNanos();
        return (nanos + quota - 1) / quota;
    }

    @Override
    public boolean equals(Object other) {
        if (this == other) {
            return true;
        }
        return other instanceof RatePolicy that
                && hash == that.hash
                && name.equals(that.name)
                && algorithm == that.algorithm
                && quota == that.quota
                && window.equals(that.window)
                && burst == that.burst
                && onExceeded == that.onExceeded
                && maxDelay.equals(that.maxDelay)
                && shadow == that.shadow
                && maxKeys == that.maxKeys
                && lease == that.lease
                && settled == that.settled;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** {@code ping: 20 per PT1M (fixed-window)}. */
    @Override
    public String toString() {
        return name + ": " + quota + " per " + window + " ("
                + algorithm.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-') + ")";
    }

    /** Makes a policy. For one thread. */
    public static final class Builder {

        private final String name;
        private final RateAlgorithm algorithm;
        private long quota;
        private final Duration window;
        private long burst = -1;
        private OnExceeded onExceeded = OnExceeded.REJECT;
        private Duration maxDelay = Duration.ofSeconds(1);
        private boolean shadow;
        private int maxKeys = 100_000;
        private int lease;
        private boolean settled;

        private Builder(String name, RateAlgorithm algorithm, long quota, Duration window) {
            this.name = name;
            this.algorithm = algorithm;
            this.quota = quota;
            this.window = window;
        }

        private Builder(RatePolicy from) {
            this(from.name, from.algorithm, from.quota, from.window);
            onExceeded = from.onExceeded;
            maxDelay = from.maxDelay;
            shadow = from.shadow;
            maxKeys = from.maxKeys;
            lease = from.lease;
            settled = from.settled;
        }

        private Builder quota(long newQuota) {
            quota = newQuota;
            return this;
        }

        /** Sets how many units at once a token bucket grants; without it, the quota. */
        public Builder burst(long newBurst) {
            burst = newBurst;
            return this;
        }

        /** Makes what exceeds it wait, up to that time: more than 0, 10 minutes at most. */
        public Builder delay(Duration newMaxDelay) {
            onExceeded = OnExceeded.DELAY;
            maxDelay = newMaxDelay;
            return this;
        }

        /** Sets what becomes of what exceeds it; a delay is of a second at most, unless {@link #delay} says else. */
        public Builder onExceeded(OnExceeded newOnExceeded) {
            onExceeded = newOnExceeded;
            return this;
        }

        /** Makes it count and report only. */
        public Builder shadow(boolean newShadow) {
            shadow = newShadow;
            return this;
        }

        /** Sets how many keys it has at most at a time; default 100,000. */
        public Builder maxKeys(int newMaxKeys) {
            maxKeys = newMaxKeys;
            return this;
        }

        /** Sets how many units more than are asked for a node takes at a time; default 0. */
        public Builder lease(int newLease) {
            lease = newLease;
            return this;
        }

        /** Says that costs are corrected afterwards: what was used beyond the quota is carried on, up to one full quota. */
        public Builder settled(boolean newSettled) {
            settled = newSettled;
            return this;
        }

        /**
         * The policy.
         *
         * @throws IllegalArgumentException where a part is out of its range, with its name, value and expectation
         */
        public RatePolicy build() {
            return new RatePolicy(this);
        }
    }
}
