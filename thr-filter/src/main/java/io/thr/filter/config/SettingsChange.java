package io.thr.filter.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * What becomes of a filter's settings when others have been read. What requests meet when they come in takes effect at once:
 * the rules and their rate policies, {@code default_queue}, {@code trusted_proxies}, {@code forwarded_field}, {@code
 * ipv6_prefix}, {@code on_redis_failure} and {@code rate_limit_headers}.
 *
 * @param inForce the settings from now on
 * @param atNextStart the names of the others that have changed, which do not take effect before the next start
 */
public record SettingsChange(FilterSettings inForce, List<String> atNextStart) {

    private static final Map<String, Function<FilterSettings, Object>> AT_NEXT_START = new LinkedHashMap<>();

    static {
        AT_NEXT_START.put("redis", FilterSettings::redis);
        AT_NEXT_START.put("bus", FilterSettings::bus);
        AT_NEXT_START.put("timeout", FilterSettings::timeout);
        AT_NEXT_START.put("response_keys", FilterSettings::responseKeys);
        AT_NEXT_START.put("inline_bodies", FilterSettings::inlineBodies);
        AT_NEXT_START.put("body_threshold", FilterSettings::bodyThreshold);
        AT_NEXT_START.put("max_body", FilterSettings::maxBody);
        AT_NEXT_START.put("max_body_bytes_in_flight", FilterSettings::maxBodyBytesInFlight);
        AT_NEXT_START.put("max_queue_length", FilterSettings::maxQueueLength);
        AT_NEXT_START.put("max_blocked_threads", FilterSettings::maxBlockedThreads);
        AT_NEXT_START.put("grace_time", FilterSettings::graceTime);
        AT_NEXT_START.put("rate_limit_timeout", FilterSettings::rateLimitTimeout);
        AT_NEXT_START.put(
                "rate_limit_secret",
                settings -> settings.rateLimitSecret() == null
                        ? ""
                        : settings.rateLimitSecret().text());
        AT_NEXT_START.put("admin", FilterSettings::admin);
    }

    /** From some settings to others. */
    public static SettingsChange of(FilterSettings before, FilterSettings found) {
        List<String> later = new ArrayList<>();
        AT_NEXT_START.forEach((name, value) -> {
            if (!Objects.equals(value.apply(found), value.apply(before))) {
                later.add(name);
            }
        });
        FilterSettings next = before.edit()
                .rules(found.rules())
                .defaultQueue(found.defaultQueue())
                .trustedProxies(found.trustedProxies())
                .forwardedField(found.forwardedField())
                .ipv6Prefix(found.ipv6Prefix())
                .onRedisFailure(found.onRedisFailure())
                .rateLimitHeaders(found.rateLimitHeaders())
                .build();
        return new SettingsChange(next, List.copyOf(later));
    }
}
