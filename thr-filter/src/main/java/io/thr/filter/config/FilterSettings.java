package io.thr.filter.config;

import io.thr.core.match.CidrBlock;
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
 *     to 512 MiB, which is what Redis holds; default 10 MiB
 * @param maxBodyBytesInFlight {@code max_body_bytes_in_flight}: how many bytes of bodies the filter holds at once, above
 *     which it answers 503; at least {@code max_body}; default a quarter of the heap, or {@code max_body} where that is
 *     more
 * @param defaultQueue {@code default_queue}: the queue of requests for which no rule sets one; null (default): they pass
 *     to the application
 * @param trustedProxies {@code trusted_proxies}: whose {@code Forwarded}, {@code X-Forwarded-For} and {@code X-Real-Ip}
 *     are believed; default none
 * @param onRedisFailure {@code on_redis_failure}: {@code closed} (default: 503) or {@code open} (the request passes),
 *     where no rule says otherwise
 * @param graceTime {@code grace_time}: how long waiting requests may still be answered when the filter stops; at least 0;
 *     default 30 s
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
        @Nullable String defaultQueue,
        List<CidrBlock> trustedProxies,
        OnRedisFailure onRedisFailure,
        Duration graceTime,
        Rules rules) {

    static final Duration MIN_TIMEOUT = Duration.ofMillis(1);
    /** A Redis string holds no more. */
    static final long LARGEST_BODY = 512L << 20;

    private static final Pattern BUS = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    /** Checks every setting. */
    public FilterSettings {
        checkedBus(bus);
        check(timeout.compareTo(MIN_TIMEOUT) >= 0, "timeout", timeout, ">= 1 ms");
        check(bodyThreshold >= 0, "body_threshold", bodyThreshold, ">= 0");
        check(maxBody >= 0 && maxBody <= LARGEST_BODY, "max_body", maxBody, "0 to " + LARGEST_BODY);
        check(
                maxBodyBytesInFlight >= maxBody,
                "max_body_bytes_in_flight",
                maxBodyBytesInFlight,
                ">= max_body, " + maxBody);
        if (defaultQueue != null) {
            checkedQueue(defaultQueue);
        }
        check(!graceTime.isNegative(), "grace_time", graceTime, ">= 0");
        trustedProxies = List.copyOf(trustedProxies);
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
                null,
                List.of(),
                OnRedisFailure.CLOSED,
                Duration.ofSeconds(30),
                Rules.EMPTY);
    }

    /** The same with another Redis. */
    public FilterSettings withRedis(RedisUrl newRedis) {
        return new FilterSettings(
                newRedis,
                bus,
                timeout,
                responseKeys,
                inlineBodies,
                bodyThreshold,
                maxBody,
                maxBodyBytesInFlight,
                defaultQueue,
                trustedProxies,
                onRedisFailure,
                graceTime,
                rules);
    }

    /** The same with another time-out. */
    public FilterSettings withTimeout(Duration newTimeout) {
        return new FilterSettings(
                redis,
                bus,
                newTimeout,
                responseKeys,
                inlineBodies,
                bodyThreshold,
                maxBody,
                maxBodyBytesInFlight,
                defaultQueue,
                trustedProxies,
                onRedisFailure,
                graceTime,
                rules);
    }

    /** The same with another default queue, or none. */
    public FilterSettings withDefaultQueue(@Nullable String newDefaultQueue) {
        return new FilterSettings(
                redis,
                bus,
                timeout,
                responseKeys,
                inlineBodies,
                bodyThreshold,
                maxBody,
                maxBodyBytesInFlight,
                newDefaultQueue,
                trustedProxies,
                onRedisFailure,
                graceTime,
                rules);
    }

    /** The same with other rules. */
    public FilterSettings withRules(Rules newRules) {
        return new FilterSettings(
                redis,
                bus,
                timeout,
                responseKeys,
                inlineBodies,
                bodyThreshold,
                maxBody,
                maxBodyBytesInFlight,
                defaultQueue,
                trustedProxies,
                onRedisFailure,
                graceTime,
                newRules);
    }
}
