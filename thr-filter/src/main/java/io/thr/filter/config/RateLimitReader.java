package io.thr.filter.config;

import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.core.match.IpAddress;
import io.thr.core.rate.OnExceeded;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateQuota;
import io.thr.filter.rule.RateKeyPart;
import io.thr.filter.rule.RateLimit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rate policies under {@code rate_limit}: a mapping defines one, a text names one that stands before it in the file,
 * so that several rules share it. For one file.
 */
final class RateLimitReader {

    private static final List<String> ALGORITHMS = List.of("fixed-window", "sliding-window", "token-bucket");
    private static final List<String> PLAIN_PARTS =
            List.of("remote_ip", "real_ip", "principal", "path", "host", "method");
    private static final List<String> NAMED_PARTS = List.of("header", "cookie", "query");
    private static final Pattern STATUSES = Pattern.compile("[1-5](\\d\\d|xx)");

    private record Defined(RateLimit limit, int line) {}

    private final int ipv6Prefix;
    private final boolean hasDefaultQueue;
    private final Map<String, Defined> defined = new HashMap<>();

    /** Names of policies that are wrong: whoever refers to one is not told again. */
    private final Set<String> wrong = new HashSet<>();

    /** For a file with these settings. */
    RateLimitReader(int ipv6Prefix, boolean hasDefaultQueue) {
        this.ipv6Prefix = ipv6Prefix;
        this.hasDefaultQueue = hasDefaultQueue;
    }

    /** The policy; nothing where it is wrong, which has been noted. */
    Optional<RateLimit> read(ConfigValue value) {
        if (!value.isMap()) {
            return value.text().flatMap(name -> named(value, name));
        }
        ConfigMap map = value.map();
        Optional<RateLimit> limit = limit(value, map);
        limit.ifPresentOrElse(
                made -> define(value, made), () -> map.text("name").ifPresent(wrong::add));
        return limit;
    }

    private Optional<RateLimit> named(ConfigValue value, String name) {
        Defined before = defined.get(name);
        if (before == null && wrong.contains(name)) {
            return Optional.empty();
        }
        if (before == null) {
            value.expected("a mapping with name, key, algorithm, quota and window, or the name of a policy above: "
                    + defined.keySet().stream().sorted().toList());
            return Optional.empty();
        }
        return Optional.of(before.limit());
    }

    private void define(ConfigValue value, RateLimit limit) {
        String name = limit.policy().name();
        Defined before = defined.putIfAbsent(name, new Defined(limit, value.line()));
        if (before != null) {
            value.problem("rate policy `" + name + "` is defined twice (first at line " + before.line()
                    + "; to use it here as well, write its name alone)");
        }
    }

    private Optional<RateLimit> limit(ConfigValue place, ConfigMap map) {
        Optional<String> name = map.required("name").flatMap(ConfigValue::text);
        Optional<List<RateKeyPart>> key = map.required("key").flatMap(RateLimitReader::key);
        Optional<RateAlgorithm> algorithm = map.required("algorithm").flatMap(RateLimitReader::algorithm);
        Optional<Integer> quota =
                map.required("quota").flatMap(value -> value.integer(0, Math.toIntExact(RatePolicy.MAX_QUOTA)));
        Optional<Duration> window = map.required("window").flatMap(value -> value.duration(RatePolicy.MIN_WINDOW));
        Optional<Integer> burst = map.integer("burst", 0, Math.toIntExact(RatePolicy.MAX_QUOTA));
        Optional<OnExceeded> onExceeded = map.get("on_exceeded").isEmpty()
                ? Optional.of(OnExceeded.REJECT)
                : map.choice("on_exceeded", OnExceeded.class);
        Optional<Duration> maxDelay = map.duration("max_delay", Duration.ofMillis(1));
        if (maxDelay.isPresent() && onExceeded.isPresent() && onExceeded.get() != OnExceeded.DELAY) {
            map.get("max_delay").ifPresent(value -> value.expected("none, unless on_exceeded is delay"));
        }
        boolean shadow = map.bool("shadow").orElse(false);
        Optional<Integer> maxKeys = map.integer("max_keys", 1, Integer.MAX_VALUE);
        Optional<Integer> lease = map.integer("lease", 0, 10_000);
        Optional<Integer> cost = map.integer("cost", 0, Math.toIntExact(RatePolicy.MAX_QUOTA));
        boolean live = map.bool("live").orElse(false);
        Optional<String> settle = map.get("settle").flatMap(RateLimitReader::settle);
        Optional<IntPredicate> refunds = map.get("refund_on").flatMap(RateLimitReader::statuses);
        Optional<String> queue = map.text("queue");
        if (onExceeded.equals(Optional.of(OnExceeded.QUEUE)) && queue.isEmpty() && !hasDefaultQueue) {
            map.get("on_exceeded")
                    .ifPresent(value -> value.warning("queue, but neither the policy nor default_queue names one:"
                            + " what exceeds it passes, unless a rule sets a queue"));
        }
        Optional<String> body = map.text("body");
        Optional<String> contentType = map.text("content_type");
        if (contentType.isPresent() && map.get("body").isEmpty()) {
            map.get("content_type").ifPresent(value -> value.expected("none, unless there is a body"));
        }
        List<ConfigValue> overrides = map.list("overrides");
        if (name.isEmpty()
                || key.isEmpty()
                || algorithm.isEmpty()
                || quota.isEmpty()
                || window.isEmpty()
                || onExceeded.isEmpty()) {
            return Optional.empty();
        }
        Optional<RateLimit> made = place.made(() -> {
            RatePolicy.Builder builder = RatePolicy.named(name.get(), algorithm.get(), quota.get(), window.get())
                    .onExceeded(onExceeded.get())
                    .shadow(shadow);
            burst.ifPresent(builder::burst);
            maxDelay.ifPresent(builder::delay);
            maxKeys.ifPresent(builder::maxKeys);
            lease.ifPresent(builder::lease);
            RateLimit limit = RateLimit.by(builder.build(), key.get().toArray(RateKeyPart[]::new));
            limit = cost.isPresent() ? limit.cost(cost.get()) : limit;
            limit = live ? limit.live() : limit;
            limit = settle.isPresent() ? limit.settledBy(settle.get()) : limit;
            limit = refunds.isPresent() ? limit.refundedOn(refunds.get()) : limit;
            limit = queue.isPresent() ? limit.toQueue(queue.get()) : limit;
            return body.isPresent() ? limit.body(contentType.orElse("text/plain"), body.get()) : limit;
        });
        return made.map(limit -> overridden(limit, overrides));
    }

    private RateLimit overridden(RateLimit limit, List<ConfigValue> overrides) {
        RateLimit changed = limit;
        Set<List<@Nullable String>> keys = new HashSet<>();
        for (ConfigValue override : overrides) {
            ConfigMap map = override.map();
            Optional<ConfigValue> key = map.required("key");
            Optional<@Nullable String[]> parts = key.flatMap(RateLimitReader::values);
            Optional<Integer> quota =
                    map.required("quota").flatMap(value -> value.integer(0, Math.toIntExact(RatePolicy.MAX_QUOTA)));
            Optional<Integer> burst = map.integer("burst", 0, Math.toIntExact(RatePolicy.MAX_QUOTA));
            if (parts.isEmpty() || quota.isEmpty()) {
                continue;
            }
            if (!keys.add(Arrays.asList(parts.get()))) {
                key.get()
                        .problem("key: " + Arrays.asList(parts.get())
                                + " has a quota already (expected: each key once)");
            }
            RateLimit before = changed;
            changed = override.made(() -> before.override(
                            new RateQuota(
                                    quota.get(), burst.map(Integer::longValue).orElse(RateQuota.FOLLOWS)),
                            parts.get()))
                    .orElse(before);
            if (changed != before) {
                checkAddresses(key.get(), limit.key(), parts.get());
            }
        }
        return changed;
    }

    /** An address that is written in another way than it is counted would never be met. */
    private void checkAddresses(ConfigValue place, List<RateKeyPart> key, @Nullable String[] values) {
        for (int i = 0; i < values.length; i++) {
            String value = values[i];
            if (value == null || !key.get(i).isAddress()) {
                continue;
            }
            int slash = value.indexOf('/');
            String counted = IpAddress.parse(slash < 0 ? value : value.substring(0, slash))
                    .map(address -> address.network(ipv6Prefix))
                    .orElse("an IP address such as 10.0.0.1");
            if (!counted.equals(value)) {
                place.problem("key: " + value + " (expected: " + counted + ", as it is counted by ipv6_prefix: "
                        + ipv6Prefix + ")");
            }
        }
    }

    private static Optional<@Nullable String[]> values(ConfigValue value) {
        List<@Nullable String> values = new ArrayList<>();
        for (ConfigValue member : value.list()) {
            if (member.isNull()) {
                values.add(null);
                continue;
            }
            Optional<String> text = member.text();
            if (text.isEmpty()) {
                return Optional.empty();
            }
            values.add(text.get());
        }
        return Optional.of(values.toArray(new @Nullable String[0]));
    }

    private static Optional<RateAlgorithm> algorithm(ConfigValue value) {
        return value.parsed(text -> {
            int index = ALGORITHMS.indexOf(text);
            if (index < 0) {
                throw new IllegalArgumentException(
                        "algorithm: " + text + " (expected: " + String.join(", ", ALGORITHMS) + ")");
            }
            return RateAlgorithm.valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
        });
    }

    private static Optional<List<RateKeyPart>> key(ConfigValue value) {
        List<RateKeyPart> parts = new ArrayList<>();
        List<ConfigValue> members = value.list();
        members.forEach(member -> part(member).ifPresent(parts::add));
        return parts.size() == members.size() ? Optional.of(parts) : Optional.empty();
    }

    private static Optional<RateKeyPart> part(ConfigValue value) {
        if (!value.isMap()) {
            return value.text().flatMap(text -> switch (text) {
                case "remote_ip" -> Optional.of(RateKeyPart.remoteIp());
                case "real_ip" -> Optional.of(RateKeyPart.realIp());
                case "principal" -> Optional.of(RateKeyPart.principal());
                case "path" -> Optional.of(RateKeyPart.path());
                case "host" -> Optional.of(RateKeyPart.host());
                case "method" -> Optional.of(RateKeyPart.method());
                default -> {
                    value.expected(String.join(", ", PLAIN_PARTS) + ", or one of header, cookie, query with a name");
                    yield Optional.empty();
                }
            });
        }
        List<ConfigMap.Entry> entries = value.nonEmptyMap().entries(NAMED_PARTS);
        if (entries.size() != 1) {
            value.expected("one of header, cookie, query with a name");
            return Optional.empty();
        }
        Function<String, RateKeyPart> named = switch (entries.get(0).name()) {
            case "header" -> RateKeyPart::header;
            case "cookie" -> RateKeyPart::cookie;
            default -> RateKeyPart::query;
        };
        return entries.get(0).value().parsed(named);
    }

    private static Optional<String> settle(ConfigValue value) {
        return value.map().required("header").flatMap(ConfigValue::text);
    }

    private static Optional<IntPredicate> statuses(ConfigValue value) {
        List<ConfigValue> members = value.oneOrMore();
        List<IntPredicate> statuses = new ArrayList<>();
        members.forEach(member -> member.parsed(RateLimitReader::status).ifPresent(statuses::add));
        return statuses.size() == members.size() && !statuses.isEmpty()
                ? statuses.stream().reduce(IntPredicate::or)
                : Optional.empty();
    }

    private static IntPredicate status(String text) {
        if (!STATUSES.matcher(text).matches()) {
            throw new IllegalArgumentException("refund_on: " + text + " (expected: a status such as 404, or 5xx)");
        }
        if (text.endsWith("xx")) {
            int hundreds = text.charAt(0) - '0';
            return status -> status / 100 == hundreds;
        }
        int only = Integer.parseInt(text);
        return status -> status == only;
    }
}
