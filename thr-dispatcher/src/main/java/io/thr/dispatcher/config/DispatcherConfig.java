package io.thr.dispatcher.config;

import io.thr.admin.AdminSettings;
import io.thr.core.config.ConfigDocument;
import io.thr.core.config.ConfigException;
import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.core.config.Problem;
import io.thr.core.config.Schema;
import io.thr.core.config.TextFile;
import io.thr.core.limit.FairShare;
import io.thr.core.redis.RedisUrl;
import io.thr.core.schedule.LostSlots;
import io.thr.core.source.UserClasses;
import io.thr.dispatcher.upstream.UpstreamSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a dispatcher's YAML file:
 *
 * <pre>{@code
 * redis: redis://127.0.0.1:6379       # the default
 * bus: thr                            # the name that dispatchers and fronts that work together share
 * timeout: 300s                       # how long an upstream may take
 * max_lifetime: 300s                  # how old a request may be when it is sent
 * stats_file: /tmp/redis2http_stats.json
 * stats_frequency_ms: 2000            # 0: never
 * access_log: /var/log/thr/access.log # or stdout; a line for each exchange that has ended
 * add_thr_extra_headers: false        # X-Thr-Bus for the upstream
 * max_response_body: 64MiB
 * body_threshold: 64KiB               # larger bodies travel beside their message
 * queues:
 *   - queue: thr:queue:hello          # or a list, the preferred first
 *     http_host: localhost            # or /path/of/socket
 *     http_port: 8082
 *     workers: 1
 *     max_concurrent: 100
 *     redis: redis://other:6379       # only where it is another one
 *     redirect_hosts: [files.internal, "cache:8080"]
 *     host: upstream                  # or client: the Host field as the client has sent it
 *   - queue: thr:queue:reports
 *     upstreams:                      # instead of http_host and http_port: one server, or a list
 *       - http://a:8080
 *       - unix:/path/of/socket
 *       - { url: "https://c:8443", http2: true, tls: { verify: false } }
 *     http2: false                    # for all servers of the entry, as is tls
 *     tls:                            # PEM files, read at the start
 *       trust: ca.pem                 # instead of what the JDK trusts
 *       certificate: client.pem
 *       key: client-key.pem           # PKCS #8
 *       verify: true                  # certificate and host name
 *     connect_timeout: 15s            # for all servers of the entry, too
 *     health_check: { path: /health, interval: 5s, timeout: 2s }
 *     eject_on: [503]                 # statuses that speak against a server; none where it is absent
 * limits:                             # how many requests of a kind run at the same time, over all dispatchers
 *   - name: limit_foo_header
 *     hash: { header: Foo, default: none }    # or query, cookie; default: what counts where it is absent
 *     value: bar                      # a text, a list, { glob: … }, { regexp: … }, { diff: … }, { any: true }
 *     max: 2                          # 0: none runs, all wait
 *   - name: per_client
 *     hash: remote_ip                 # or method, path, host; or { remote_ip: true, default: none }
 *     dynamic: true                   # instead of value: each value has a counter of its own
 *     max: 5
 *     show_in_stats: false
 * limits_class: MyLimits.java         # or a class, or a list: limits in Java
 * fair_by: { header: X-Tenant, default: none, weights: { gold: 3, "*": 1 } }
 *                                     # or a list, the outer first: [ { host: true, weights: … }, remote_ip ]
 * order: head_start                   # or strict: a more urgent request always comes first
 * priority_offsets: { 1: 0s, 99: 19.6s }      # by how much later than its arrival a request counts
 * lost_slots: release                 # or hold: a lost dispatcher's slots are kept until its requests' deadlines
 * max_attempts: 3                     # how often a request is begun, where dispatchers are lost
 * max_waiting: 10000                  # requests that wait for a slot; more stay on their queue
 * admin: { port: 8899, host: 127.0.0.1, token: "${THR_ADMIN_TOKEN}", hosts: [thr.example.org] }
 *                                     # where its state is shown, and changed by who has the token
 * }</pre>
 *
 * {@code limits_class} names what implements {@link LimitsProvider}, a class or a source file, or several of these: their
 * limits, which may be functions, follow those of the file, and after them those of the providers that the class path
 * announces.
 *
 * <p>A file whose name ends with {@code .java} is a program instead, which says the same in Java, see {@link
 * DispatcherSettingsProvider}.
 *
 * <p>{@link #schema()} describes the YAML file to editors: with {@code # yaml-language-server: $schema=dispatcher.schema.json} as its
 * first line, and what {@code java -jar thr-dispatcher.jar --schema} prints in a file of that name beside it, they complete
 * and check it.
 *
 * <p>The original's {@code blocked_queue_max_size} and {@code max_local_queue_lifetime_ms} are passed over with a warning.
 */
public final class DispatcherConfig {

    private static final Duration LEAST = Duration.ofMillis(1);
    private static final List<String> WITHOUT_MEANING =
            List.of("blocked_queue_max_size", "max_local_queue_lifetime_ms");
    private static final int A_DAY_IN_MILLIS = 24 * 3600 * 1000;

    private static final List<Class<?>> ROLES = List.of(DispatcherSettingsProvider.class);

    private DispatcherConfig() {}

    /**
     * Reads that file, YAML or Java.
     *
     * @param environment the values of {@code ${NAME}}
     * @throws ConfigException with everything that is wrong, each with file, line and column
     */
    public static DispatcherSettings read(Path file, Map<String, String> environment) {
        return read(TextFile.read(file), environment, UserClasses.beside(file));
    }

    /** The JSON Schema of the YAML file, as editors take it. */
    public static String schema() {
        return Schema.text(DispatcherConfig.class, "/io/thr/dispatcher/dispatcher.schema.json");
    }

    /** Reads that text; {@code name} is what problems call the file. */
    static DispatcherSettings parse(String name, String text, Map<String, String> environment) {
        return read(new TextFile(name, text), environment, UserClasses.beside(Path.of(name)));
    }

    /**
     * Reads that file.
     *
     * @param classes where the classes and source files are looked for; afterwards it knows which files there were
     */
    static DispatcherSettings read(TextFile file, Map<String, String> environment, UserClasses classes) {
        LimitList limits = new LimitList();
        List<DispatcherSettings> said = new ArrayList<>();
        if (file.isJava()) {
            classes.use(file, ROLES, provider -> {
                DispatcherSettings settings = ((DispatcherSettingsProvider) provider).settings();
                said.add(settings);
                if (!settings.scheduling().fairShare().equals(FairShare.NONE)) {
                    limits.fairBy(settings.scheduling().fairShare());
                }
                if (provider instanceof LimitsProvider also) {
                    also.addTo(limits);
                }
            });
        } else {
            said.add(read(ConfigDocument.parse(file, environment), classes, limits));
        }
        classes.useServices(LimitsProvider.class, provider -> provider.addTo(limits));
        DispatcherSettings.Builder settings = said.get(0).edit();
        limits.limits().forEach(settings::limit);
        FairShare fairShare = limits.fairShare();
        try {
            if (fairShare != null) {
                settings.fairBy(fairShare);
            }
            return settings.build();
        } catch (IllegalArgumentException e) { // two limits with one name, for example
            throw new ConfigException(List.of(Problem.ofFile(file.name(), String.valueOf(e.getMessage()))));
        }
    }

    /** All that the file says; what the classes say that it names is added to those limits. */
    private static DispatcherSettings read(ConfigDocument document, UserClasses classes, LimitList limits) {
        ConfigMap root = document.root();
        DispatcherSettings.Builder settings = DispatcherSettings.builder();
        redis(root).ifPresent(settings::redis);
        bus(root).ifPresent(settings::bus);
        root.duration("timeout", LEAST).ifPresent(settings::timeout);
        root.duration("max_lifetime", LEAST).ifPresent(settings::maxLifetime);
        root.get("stats_file").flatMap(value -> value.parsed(Path::of)).ifPresent(settings::statsFile);
        root.integer("stats_frequency_ms", 0, A_DAY_IN_MILLIS)
                .ifPresent(millis -> settings.statsEvery(Duration.ofMillis(millis)));
        root.get("access_log")
                .flatMap(value -> value.parsed(AccessLogPlace::parse))
                .ifPresent(settings::accessLog);
        root.bool("add_thr_extra_headers").ifPresent(settings::addThrExtraHeaders);
        size(root, "max_response_body", 1).ifPresent(settings::maxResponseBody);
        size(root, "body_threshold", 0).ifPresent(settings::bodyThreshold);
        root.required("queues").ifPresent(queues -> queues(queues, settings));
        settings.admin(AdminSettings.read(root));
        scheduling(root, settings, limits);
        root.list("limits_class")
                .forEach(value -> classes.use(value, LimitsProvider.class, provider -> provider.addTo(limits)));
        WITHOUT_MEANING.forEach(key ->
                root.get(key).ifPresent(value -> value.warning("has no meaning here: blocked requests wait in Redis")));
        document.check();
        return settings.build();
    }

    private static void scheduling(ConfigMap root, DispatcherSettings.Builder settings, LimitList limits) {
        LimitsReader.read(root.list("limits")).forEach(settings::limit);
        root.get("fair_by").flatMap(FairShareReader::read).ifPresent(limits::fairBy);
        OrderReader.read(root).ifPresent(settings::order);
        root.choice("lost_slots", LostSlots.class).ifPresent(settings::lostSlots);
        root.integer("max_attempts", 1, DispatcherSettings.LARGEST_MAX_ATTEMPTS).ifPresent(settings::maxAttempts);
        root.integer("max_waiting", 1, DispatcherSettings.LARGEST_MAX_WAITING).ifPresent(settings::maxWaiting);
    }

    private static void queues(ConfigValue queues, DispatcherSettings.Builder settings) {
        if (queues.list().isEmpty()) {
            queues.expected("at least one entry");
        }
        queues.list().forEach(entry -> queue(entry).ifPresent(settings::queue));
    }

    private static Optional<QueueSettings> queue(ConfigValue entry) {
        if (!entry.isMap()) {
            entry.expected("a mapping with queue, and http_host and http_port, or upstreams");
            return Optional.empty();
        }
        ConfigMap map = entry.map();
        List<String> names = map.required("queue").map(DispatcherConfig::names).orElse(List.of());
        Optional<UpstreamSettings> upstream = UpstreamReader.read(entry, map);
        int workers = map.integer("workers", 1, QueueSettings.MAX_WORKERS).orElse(QueueSettings.DEFAULT_WORKERS);
        int maxConcurrent = map.integer("max_concurrent", 1, QueueSettings.LARGEST_MAX_CONCURRENT)
                .orElse(QueueSettings.DEFAULT_MAX_CONCURRENT);
        Optional<RedisUrl> redis = redis(map);
        // Without a name, or an upstream, there is a problem already
        return names.isEmpty()
                ? Optional.empty()
                : upstream.flatMap(servers -> entry.made(
                        () -> new QueueSettings(names, servers, workers, maxConcurrent, redis.orElse(null))));
    }

    private static Optional<RedisUrl> redis(ConfigMap map) {
        return map.get("redis").flatMap(value -> value.parsed(RedisUrl::parse));
    }

    private static Optional<String> bus(ConfigMap root) {
        Optional<ConfigValue> value = root.get("bus");
        Optional<String> name = value.flatMap(ConfigValue::text);
        if (name.isPresent() && !DispatcherSettings.isBusName(name.get())) {
            value.get().expected("a name without braces");
            return Optional.empty();
        }
        return name;
    }

    private static Optional<Integer> size(ConfigMap root, String key, long min) {
        Optional<Long> bytes = root.bytes(key, min);
        if (bytes.isPresent() && bytes.get() > DispatcherSettings.LARGEST_RESPONSE_BODY) {
            root.get(key).orElseThrow().expected("at most " + DispatcherSettings.LARGEST_RESPONSE_BODY + " bytes");
            return Optional.empty();
        }
        return bytes.map(Long::intValue);
    }

    private static List<String> names(ConfigValue value) {
        List<String> names = value.list().stream()
                .map(ConfigValue::text)
                .flatMap(Optional::stream)
                .toList();
        if (value.list().isEmpty() || names.contains("")) {
            value.expected("a name, or a list of names");
            return List.of();
        }
        return names;
    }
}
