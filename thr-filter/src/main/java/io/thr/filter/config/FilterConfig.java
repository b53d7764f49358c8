package io.thr.filter.config;

import io.thr.core.config.ConfigDocument;
import io.thr.core.config.ConfigException;
import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.core.config.Secret;
import io.thr.core.match.CidrBlock;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.RulesProvider;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the filter's YAML file: the keys are those that {@link FilterSettings} names, and {@code rules}, a list of
 *
 * <pre>{@code
 * - name: hello                                # may be left out; for messages
 *   when: { path: { glob: "/api/*" }, method: [GET, POST] }   # may be left out: every request
 *   then: { set_redis_queue: thr:queue:hello, set_input_header: { X-A: b } }
 *   stop: true                                 # default false
 * }</pre>
 *
 * with the criteria of {@link io.thr.filter.rule.Criteria} and the actions of {@link io.thr.filter.rule.Actions} in snake
 * case. {@code rules_class} names a {@link RulesProvider}, whose rules follow those of the file.
 */
public final class FilterConfig {

    private FilterConfig() {}

    /**
     * Reads the file.
     *
     * @param environment the values of {@code ${NAME}}; usually {@link System#getenv()}
     * @throws ConfigException with every problem that was found
     */
    public static FilterSettings read(Path file, Map<String, String> environment) {
        return settings(ConfigDocument.read(file, environment));
    }

    /**
     * Reads the text of a file.
     *
     * @param name what problems call the file
     * @param environment the values of {@code ${NAME}}; usually {@link System#getenv()}
     * @throws ConfigException with every problem that was found
     */
    public static FilterSettings parse(String name, String text, Map<String, String> environment) {
        return settings(ConfigDocument.parse(name, text, environment));
    }

    private static FilterSettings settings(ConfigDocument document) {
        ConfigMap root = document.root();
        FilterSettings defaults = FilterSettings.defaults();
        RedisUrl redis = root.get("redis")
                .flatMap(value -> value.parsed(RedisUrl::parse))
                .orElse(defaults.redis());
        String bus = root.get("bus")
                .flatMap(value -> value.parsed(FilterSettings::checkedBus))
                .orElse(defaults.bus());
        Duration timeout = root.duration("timeout", FilterSettings.MIN_TIMEOUT).orElse(defaults.timeout());
        ResponseKeys responseKeys =
                root.choice("response_keys", ResponseKeys.class).orElse(defaults.responseKeys());
        boolean inlineBodies = root.bool("inline_bodies").orElse(defaults.inlineBodies());
        long bodyThreshold = root.bytes("body_threshold", 0).orElse(defaults.bodyThreshold());
        long maxBody = root.get("max_body").flatMap(FilterConfig::maxBody).orElse(defaults.maxBody());
        long held = FilterSettings.held(maxBody, inlineBodies || responseKeys == ResponseKeys.PER_REQUEST);
        long maxBodyBytesInFlight =
                root.bytes("max_body_bytes_in_flight", held).orElse(Math.max(held, defaults.maxBodyBytesInFlight()));
        int maxQueueLength =
                root.integer("max_queue_length", 1, Integer.MAX_VALUE).orElse(defaults.maxQueueLength());
        int maxBlockedThreads =
                root.integer("max_blocked_threads", 0, Integer.MAX_VALUE).orElse(defaults.maxBlockedThreads());
        Optional<String> defaultQueue = root.get("default_queue").flatMap(FilterConfig::queue);
        List<CidrBlock> trustedProxies = root.list("trusted_proxies").stream()
                .map(value -> value.parsed(CidrBlock::parse))
                .flatMap(Optional::stream)
                .toList();
        ForwardedField forwardedField =
                root.choice("forwarded_field", ForwardedField.class).orElse(defaults.forwardedField());
        int ipv6Prefix = root.integer(
                        "ipv6_prefix", FilterSettings.SHORTEST_IPV6_PREFIX, FilterSettings.LONGEST_IPV6_PREFIX)
                .orElse(defaults.ipv6Prefix());
        OnRedisFailure onRedisFailure =
                root.choice("on_redis_failure", OnRedisFailure.class).orElse(defaults.onRedisFailure());
        Duration graceTime = root.duration("grace_time", Duration.ZERO).orElse(defaults.graceTime());
        RateHeaderStyle rateLimitHeaders =
                root.choice("rate_limit_headers", RateHeaderStyle.class).orElse(defaults.rateLimitHeaders());
        Duration rateLimitTimeout =
                root.duration("rate_limit_timeout", FilterSettings.MIN_TIMEOUT).orElse(defaults.rateLimitTimeout());
        Optional<Secret> rateLimitSecret = root.text("rate_limit_secret").map(Secret::new);
        RuleList rules = new RuleList();
        RateLimitReader rateLimits = new RateLimitReader(ipv6Prefix, defaultQueue.isPresent());
        root.list("rules")
                .forEach(value -> RuleReader.read(value.map(), rateLimits).ifPresent(rules::add));
        root.list("rules_class").forEach(value -> addRulesOfClass(value, rules));
        document.check();
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
                defaultQueue.orElse(null),
                trustedProxies,
                forwardedField,
                ipv6Prefix,
                onRedisFailure,
                graceTime,
                rateLimitHeaders,
                rateLimitTimeout,
                rateLimitSecret.orElse(null),
                rules.compile());
    }

    private static Optional<Long> maxBody(ConfigValue value) {
        Optional<Long> size = value.bytes(0);
        if (size.isPresent() && size.get() > FilterSettings.LARGEST_BODY) {
            value.expected("at most 1TiB");
            return Optional.empty();
        }
        return size;
    }

    private static Optional<String> queue(ConfigValue value) {
        return value.isNull() ? Optional.empty() : value.parsed(FilterSettings::checkedQueue);
    }

    private static void addRulesOfClass(ConfigValue value, RuleList rules) {
        value.text().ifPresent(name -> {
            try {
                provider(name).addTo(rules);
            } catch (ClassNotFoundException e) {
                value.expected("the name of a class on the class path");
            } catch (ClassCastException e) {
                value.expected("a class that implements " + RulesProvider.class.getName());
            } catch (NoSuchMethodException | IllegalAccessException | InstantiationException e) {
                value.expected("a public class with a public constructor without parameters");
            } catch (InvocationTargetException e) {
                value.problem(value.name() + ": " + name + " failed: " + e.getCause());
            } catch (RuntimeException | LinkageError e) { // whatever the user's class throws is the file's problem
                value.problem(value.name() + ": " + name + " failed: " + e);
            }
        });
    }

    /** By the context's class loader: the class is the web application's, and the filter's jar may be the container's. */
    private static RulesProvider provider(String name)
            throws ClassNotFoundException, NoSuchMethodException, IllegalAccessException, InstantiationException,
                    InvocationTargetException {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        Class<?> type = Class.forName(name, true, loader == null ? FilterConfig.class.getClassLoader() : loader);
        return type.asSubclass(RulesProvider.class).getConstructor().newInstance();
    }
}
