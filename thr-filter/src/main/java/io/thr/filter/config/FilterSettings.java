package io.thr.filter.config;

import io.thr.admin.AdminSettings;
import io.thr.core.config.Secret;
import io.thr.core.match.CidrBlock;
import io.thr.core.redis.RedisRateLimiter;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.Rules;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the filter is told, by a file or by Java. Checked when it is made. Immutable.
 *
 * @param redis {@code redis}: where the bus is; default {@code redis://127.0.0.1:6379}
 * @param bus {@code bus}: the bus's name, the hash tag of its keys; 1 to 64 letters, digits,
 *     {@code . _ -}; default {@code thr}
 * @param timeout {@code timeout}: how long a request waits for its response before it is answered with 504; at least
 *     1 ms; default 300 s
 * @param responseKeys {@code response_keys}: {@code shared} (default) or {@code per_request}, for the original's
 *     dispatcher
 * @param inlineBodies {@code inline_bodies}: whether every body travels in its message; default false: large ones go
 *     under their own key, which the original cannot read
 * @param bodyThreshold {@code body_threshold}: the size in bytes above which a body is large; at least 0; default 64 KiB
 * @param maxBody {@code max_body}: the size in bytes above which a body is refused with 413; 0 (no body at all)
 *     to 1 TiB, and 512 MiB, which is what a Redis string holds, where bodies travel whole; default 10 MiB
 * @param maxBodyBytesInFlight {@code max_body_bytes_in_flight}: how many bytes of bodies the filter holds at once, above
 *     which it answers 503; at least as many as it may hold of one, {@link #held}; default a quarter of the heap, or that
 *     where it is more
 * @param maxQueueLength {@code max_queue_length}: how many messages a queue may have, above which the filter answers 503 and
 *     says when to try again; at least 1; default 10,000
 * @param maxBlockedThreads {@code max_blocked_threads}: where the chain is not async-supported, how many of the container's
 *     threads may wait with their requests, above which the filter answers 503; virtual threads do not count; at least 0;
 *     default 50
 * @param defaultQueue {@code default_queue}: the queue of requests for which no rule sets one; null (default): they pass
 *     to the application
 * @param trustedProxies {@code trusted_proxies}: the proxies that are believed when they tell whose request they pass on;
 *     default none
 * @param forwardedField {@code forwarded_field}: the field in which all of them tell it: {@code x_forwarded_for} (default),
 *     {@code forwarded} or {@code x_real_ip}. The other two are not looked at: what a proxy does not write itself it
 *     passes on as the client wrote it
 * @param ipv6Prefix {@code ipv6_prefix}: how many leading bits of an IPv6 address tell one client from another, where
 *     clients are counted; 48 to 128; default 64
 * @param onRedisFailure {@code on_redis_failure}: {@code closed} (default: 503) or {@code open} (the request passes),
 *     where no rule says otherwise
 * @param graceTime {@code grace_time}: how long waiting requests may still be answered when the filter stops; at least 0;
 *     default 30 s
 * @param rateLimitHeaders {@code rate_limit_headers}: in which fields responses tell how a client's quotas stand; default
 *     {@code draft}
 * @param rateLimitTimeout {@code rate_limit_timeout}: how long a decision about rate policies may take, above which {@code
 *     on_redis_failure} decides; at least 1 ms; default 45 ms
 * @param rateLimitSecret {@code rate_limit_secret}: what keys of rate policies are hashed with, the same on all nodes; null
 *     (default): the bus's name, so that who reads Redis could guess addresses
 * @param admin {@code admin}: who may look at the bus, and change what happens there, by {@link io.thr.filter.ThrAdminServlet};
 *     {@code port} and {@code host} are the ready-made front's; default nobody
 * @param rules {@code rules}: the rules; default none
 */
public record FilterSettings(
        RedisUrl redis,
        String bus,
        Duration timeout,
        ResponseKeys responseKeys,
        boolean inlineBodies,
        long bodyThreshold,
        long maxBody,
        long maxBodyBytesInFlight,
        int maxQueueLength,
        int maxBlockedThreads,
        @Nullable String defaultQueue,
        List<CidrBlock> trustedProxies,
        ForwardedField forwardedField,
        int ipv6Prefix,
        OnRedisFailure onRedisFailure,
        Duration graceTime,
        RateHeaderStyle rateLimitHeaders,
        Duration rateLimitTimeout,
        @Nullable Secret rateLimitSecret,
        AdminSettings admin,
        Rules rules) {

    /** Up to so many bytes a body is read before its request is queued; a longer one stays with its client. */
    public static final long READ_AHEAD = 1 << 20;

    static final Duration MIN_TIMEOUT = Duration.ofMillis(1);
    static final int SHORTEST_IPV6_PREFIX = 48;
    static final int LONGEST_IPV6_PREFIX = 128;
    static final long LARGEST_BODY = 1L << 40;
    /** A Redis string holds no more. */
    private static final long LARGEST_WHOLE_BODY = 512L << 20;

    private static final Pattern BUS = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    /** Checks every setting. */
    public FilterSettings {
        checkedBus(bus);
        check(timeout.compareTo(MIN_TIMEOUT) >= 0, "timeout", timeout, ">= 1 ms");
        check(bodyThreshold >= 0, "body_threshold", bodyThreshold, ">= 0");
        check(maxBody >= 0 && maxBody <= LARGEST_BODY, "max_body", maxBody, "0 to " + LARGEST_BODY);
        boolean travelsWhole = inlineBodies || responseKeys == ResponseKeys.PER_REQUEST;
        check(
                !travelsWhole || maxBody <= LARGEST_WHOLE_BODY,
                "max_body",
                maxBody,
                "0 to " + LARGEST_WHOLE_BODY + " with inline_bodies: true or response_keys: per_request");
        long held = held(maxBody, travelsWhole);
        check(
                maxBodyBytesInFlight >= held,
                "max_body_bytes_in_flight",
                maxBodyBytesInFlight,
                ">= what may be held of one body, " + held);
        check(maxQueueLength >= 1, "max_queue_length", maxQueueLength, ">= 1");
        check(maxBlockedThreads >= 0, "max_blocked_threads", maxBlockedThreads, ">= 0");
        if (defaultQueue != null) {
            checkedQueue(defaultQueue);
        }
        check(
                ipv6Prefix >= SHORTEST_IPV6_PREFIX && ipv6Prefix <= LONGEST_IPV6_PREFIX,
                "ipv6_prefix",
                ipv6Prefix,
                SHORTEST_IPV6_PREFIX + " to " + LONGEST_IPV6_PREFIX);
        check(!graceTime.isNegative(), "grace_time", graceTime, ">= 0");
        check(rateLimitTimeout.compareTo(MIN_TIMEOUT) >= 0, "rate_limit_timeout", rateLimitTimeout, ">= 1 ms");
        trustedProxies = List.copyOf(trustedProxies);
    }

    /** How much of a body the filter holds while its request waits, in bytes: all, unless the rest may stay with its client. */
    static long held(long maxBody, boolean travelsWhole) {
        return travelsWhole ? maxBody : Math.min(maxBody, READ_AHEAD);
    }

    static String checkedBus(String bus) {
        check(BUS.matcher(bus).matches(), "bus", bus, "1 to 64 letters, digits, dots, hyphens, underscores");
        return bus;
    }

    static String checkedQueue(String queue) {
        check(!queue.isBlank(), "default_queue", "\"\"", "not empty");
        return queue;
    }

    private static void check(boolean right, String name, Object value, String expected) {
        if (!right) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
        }
    }

    /** The defaults of every setting, and no rule. */
    public static FilterSettings defaults() {
        long maxBody = 10L << 20;
        return new FilterSettings(
                RedisUrl.parse("redis://127.0.0.1:6379"),
                "thr",
                Duration.ofSeconds(300),
                ResponseKeys.SHARED,
                false,
                64L << 10,
                maxBody,
                Math.max(maxBody, Runtime.getRuntime().maxMemory() / 4),
                10_000,
                50,
                null,
                List.of(),
                ForwardedField.X_FORWARDED_FOR,
                64,
                OnRedisFailure.CLOSED,
                Duration.ofSeconds(30),
                RateHeaderStyle.DRAFT,
                RedisRateLimiter.DEFAULT_TIMEOUT,
                null,
                AdminSettings.OFF,
                Rules.EMPTY);
    }

    /** A builder that starts with these settings. */
    public Builder edit() {
        return new Builder(this);
    }

    /** The same with another Redis. */
    public FilterSettings withRedis(RedisUrl newRedis) {
        return edit().redis(newRedis).build();
    }

    /** The same with another time-out. */
    public FilterSettings withTimeout(Duration newTimeout) {
        return edit().timeout(newTimeout).build();
    }

    /** The same with another default queue, or none. */
    public FilterSettings withDefaultQueue(@Nullable String newDefaultQueue) {
        return edit().defaultQueue(newDefaultQueue).build();
    }

    /** The same with other rules. */
    public FilterSettings withRules(Rules newRules) {
        return edit().rules(newRules).build();
    }

    /** Changes a copy of settings; what each means stands at {@link FilterSettings}. For one thread. */
    public static final class Builder {

        private RedisUrl redis;
        private String bus;
        private Duration timeout;
        private ResponseKeys responseKeys;
        private boolean inlineBodies;
        private long bodyThreshold;
        private long maxBody;
        private long maxBodyBytesInFlight;
        private int maxQueueLength;
        private int maxBlockedThreads;
        private @Nullable String defaultQueue;
        private List<CidrBlock> trustedProxies;
        private ForwardedField forwardedField;
        private int ipv6Prefix;
        private OnRedisFailure onRedisFailure;
        private Duration graceTime;
        private RateHeaderStyle rateLimitHeaders;
        private Duration rateLimitTimeout;
        private @Nullable Secret rateLimitSecret;
        private AdminSettings admin;
        private Rules rules;

        private Builder(FilterSettings from) {
            redis = from.redis;
            bus = from.bus;
            timeout = from.timeout;
            responseKeys = from.responseKeys;
            inlineBodies = from.inlineBodies;
            bodyThreshold = from.bodyThreshold;
            maxBody = from.maxBody;
            maxBodyBytesInFlight = from.maxBodyBytesInFlight;
            maxQueueLength = from.maxQueueLength;
            maxBlockedThreads = from.maxBlockedThreads;
            defaultQueue = from.defaultQueue;
            trustedProxies = from.trustedProxies;
            forwardedField = from.forwardedField;
            ipv6Prefix = from.ipv6Prefix;
            onRedisFailure = from.onRedisFailure;
            graceTime = from.graceTime;
            rateLimitHeaders = from.rateLimitHeaders;
            rateLimitTimeout = from.rateLimitTimeout;
            rateLimitSecret = from.rateLimitSecret;
            admin = from.admin;
            rules = from.rules;
        }

        /** Sets where Redis is. */
        public Builder redis(RedisUrl newRedis) {
            redis = newRedis;
            return this;
        }

        /** Sets the bus's name, as the dispatchers have it. */
        public Builder bus(String newBus) {
            bus = newBus;
            return this;
        }

        /** Sets how long a request waits. */
        public Builder timeout(Duration newTimeout) {
            timeout = newTimeout;
            return this;
        }

        /** Sets one response key for all requests, or one each. */
        public Builder responseKeys(ResponseKeys newResponseKeys) {
            responseKeys = newResponseKeys;
            return this;
        }

        /** Sets whether bodies of any size travel in their message. */
        public Builder inlineBodies(boolean newInlineBodies) {
            inlineBodies = newInlineBodies;
            return this;
        }

        /** Sets up to how many bytes a body travels in its message. */
        public Builder bodyThreshold(long newBodyThreshold) {
            bodyThreshold = newBodyThreshold;
            return this;
        }

        /** Sets how many bytes a body may have. */
        public Builder maxBody(long newMaxBody) {
            maxBody = newMaxBody;
            return this;
        }

        /** Sets how many bytes of bodies are held at once. */
        public Builder maxBodyBytesInFlight(long newMaxBodyBytesInFlight) {
            maxBodyBytesInFlight = newMaxBodyBytesInFlight;
            return this;
        }

        /** Sets how many messages a queue may have. */
        public Builder maxQueueLength(int newMaxQueueLength) {
            maxQueueLength = newMaxQueueLength;
            return this;
        }

        /** Sets how many threads of the container may wait with their requests, where the chain is not async-supported. */
        public Builder maxBlockedThreads(int newMaxBlockedThreads) {
            maxBlockedThreads = newMaxBlockedThreads;
            return this;
        }

        /** Sets the queue of requests for which no rule sets one; null for none. */
        public Builder defaultQueue(@Nullable String newDefaultQueue) {
            defaultQueue = newDefaultQueue;
            return this;
        }

        /** Sets which proxies are believed when they tell whose request they pass on. */
        public Builder trustedProxies(List<CidrBlock> newTrustedProxies) {
            trustedProxies = newTrustedProxies;
            return this;
        }

        /** Sets the field in which those proxies tell it. */
        public Builder forwardedField(ForwardedField newForwardedField) {
            forwardedField = newForwardedField;
            return this;
        }

        /** Sets how many leading bits of an IPv6 address tell clients apart. */
        public Builder ipv6Prefix(int newIpv6Prefix) {
            ipv6Prefix = newIpv6Prefix;
            return this;
        }

        /** Sets what becomes of requests that cannot be queued. */
        public Builder onRedisFailure(OnRedisFailure newOnRedisFailure) {
            onRedisFailure = newOnRedisFailure;
            return this;
        }

        /** Sets how long waiting requests may still be answered when the filter stops. */
        public Builder graceTime(Duration newGraceTime) {
            graceTime = newGraceTime;
            return this;
        }

        /** Sets in which fields responses tell how quotas stand. */
        public Builder rateLimitHeaders(RateHeaderStyle newRateLimitHeaders) {
            rateLimitHeaders = newRateLimitHeaders;
            return this;
        }

        /** Sets how long a decision about rate policies may take. */
        public Builder rateLimitTimeout(Duration newRateLimitTimeout) {
            rateLimitTimeout = newRateLimitTimeout;
            return this;
        }

        /** Sets what keys of rate policies are hashed with, the same on all nodes; null: the bus's name. */
        public Builder rateLimitSecret(@Nullable Secret newRateLimitSecret) {
            rateLimitSecret = newRateLimitSecret;
            return this;
        }

        /** Sets who may look at the bus, and change what happens there. */
        public Builder admin(AdminSettings newAdmin) {
            admin = newAdmin;
            return this;
        }

        /** Sets the rules. */
        public Builder rules(Rules newRules) {
            rules = newRules;
            return this;
        }

        /**
         * The changed settings.
         *
         * @throws IllegalArgumentException where one is out of its range, with its name, value and expectation
         */
        public FilterSettings build() {
            return new FilterSettings(
                    redis,
                    bus,
                    timeout,
                    responseKeys,
                    inlineBodies,
                    bodyThreshold,
                    maxBody,
                    maxBodyBytesInFlight,
                    maxQueueLength,
                    maxBlockedThreads,
                    defaultQueue,
                    trustedProxies,
                    forwardedField,
                    ipv6Prefix,
                    onRedisFailure,
                    graceTime,
                    rateLimitHeaders,
                    rateLimitTimeout,
                    rateLimitSecret,
                    admin,
                    rules);
        }
    }
}
