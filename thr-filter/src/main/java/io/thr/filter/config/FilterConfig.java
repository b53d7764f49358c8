package io.thr.filter.config;

import io.thr.admin.AdminSettings;
import io.thr.core.config.ConfigDocument;
import io.thr.core.config.ConfigException;
import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.core.config.Problem;
import io.thr.core.config.Schema;
import io.thr.core.config.Secret;
import io.thr.core.config.TextFile;
import io.thr.core.match.CidrBlock;
import io.thr.core.redis.RedisUrl;
import io.thr.core.source.UserClasses;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.Rules;
import io.thr.filter.rule.RulesProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
 * case. {@code rules_class} names what implements {@link RulesProvider}, a class or a source file, or several of these: their
 * rules follow those of the file, and after them those of the providers that the class path announces.
 *
 * <p>A file whose name ends with {@code .java} is a program instead, which says the same in Java: its class implements
 * {@link RulesProvider}, {@link FilterSettingsProvider}, or both. It runs with all rights of the process, as {@link
 * RulesProvider} tells.
 *
 * <p>{@link #schema()} describes the YAML file to editors: with {@code # yaml-language-server: $schema=front.schema.json} as its first
 * line, and what {@code java -jar webapp-demo.jar --schema} prints in a file of that name beside it, they complete and check it.
 */
public final class FilterConfig {

    /** Names a class, or a source file, in YAML and among the filter's init parameters. */
    public static final String RULES_CLASS = "rules_class";

    private FilterConfig() {}

    /** The JSON Schema of the YAML file, as editors take it. */
    public static String schema() {
        return Schema.text(FilterConfig.class, "/io/thr/filter/front.schema.json");
    }

    /**
     * Reads the file, YAML or Java.
     *
     * @param environment the values of {@code ${NAME}}; usually {@link System#getenv()}
     * @throws ConfigException with every problem that was found
     */
    public static FilterSettings read(Path file, Map<String, String> environment) {
        return read(TextFile.read(file), List.of(), environment, UserClasses.beside(file));
    }

    /**
     * Reads the text of a YAML file.
     *
     * @param name what problems call the file
     * @param environment the values of {@code ${NAME}}; usually {@link System#getenv()}
     * @throws ConfigException with every problem that was found
     */
    public static FilterSettings parse(String name, String text, Map<String, String> environment) {
        UserClasses classes = new UserClasses(
                Thread.currentThread().getContextClassLoader(), Path.of("").toAbsolutePath());
        return read(new TextFile(name, text), List.of(), environment, classes);
    }

    /**
     * Reads a file, or none, and classes beside it.
     *
     * @param file YAML or Java; null where there are only classes
     * @param named classes or source files whose rules follow those of the file
     * @param environment the values of {@code ${NAME}}; usually {@link System#getenv()}
     * @param classes where classes and source files are looked for; afterwards it knows which files there were
     * @throws ConfigException with every problem that was found
     */
    public static FilterSettings read(
            @Nullable TextFile file, List<String> named, Map<String, String> environment, UserClasses classes) {
        Providers providers = new Providers();
        if (file != null && file.isJava()) {
            classes.use(file, Providers.ROLES, providers::add);
            providers.settings(FilterSettings.defaults());
        } else if (file != null) {
            providers.settings(settings(ConfigDocument.parse(file, environment), classes, providers.rules()));
        }
        String parameter = "init parameter " + RULES_CLASS;
        named.forEach(name -> classes.use(parameter, name, Providers.ROLES, providers::add));
        classes.useServices(RulesProvider.class, providers::add);
        try {
            return providers.compile();
        } catch (IllegalArgumentException e) {
            String place = file == null ? parameter : file.name();
            throw new ConfigException(List.of(Problem.ofFile(place, String.valueOf(e.getMessage()))));
        }
    }

    /** All that the file says, its rules added to those. */
    private static FilterSettings settings(ConfigDocument document, UserClasses classes, RuleList rules) {
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
        AdminSettings admin = AdminSettings.read(root);
        RateLimitReader rateLimits = new RateLimitReader(ipv6Prefix, defaultQueue.isPresent());
        root.list("rules")
                .forEach(value -> RuleReader.read(value.map(), rateLimits).ifPresent(rules::add));
        root.list(RULES_CLASS)
                .forEach(value -> classes.use(value, RulesProvider.class, provider -> provider.addTo(rules)));
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
                admin,
                Rules.EMPTY);
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
}
