package io.thr.dispatcher.config;

import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.dispatcher.upstream.HealthCheck;
import io.thr.dispatcher.upstream.HostPolicy;
import io.thr.dispatcher.upstream.ServerSettings;
import io.thr.dispatcher.upstream.TlsSettings;
import io.thr.dispatcher.upstream.UpstreamAddress;
import io.thr.dispatcher.upstream.UpstreamSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads what an entry of {@code queues} says of its upstream. */
final class UpstreamReader {

    private static final Duration LEAST_TIMEOUT = Duration.ofMillis(1);

    private final boolean http2;
    private final TlsSettings tls;
    private final Duration connectTimeout;

    private UpstreamReader(boolean http2, TlsSettings tls, Duration connectTimeout) {
        this.http2 = http2;
        this.tls = tls;
        this.connectTimeout = connectTimeout;
    }

    /** The upstream; nothing where something is wrong, which has been noted. */
    static Optional<UpstreamSettings> read(ConfigValue entry, ConfigMap map) {
        boolean http2 = map.bool("http2").orElse(false);
        Optional<ConfigValue> tlsValue = map.get("tls");
        Optional<TlsSettings> tls =
                tlsValue.isEmpty() ? Optional.of(TlsSettings.DEFAULT) : tlsValue.flatMap(UpstreamReader::tls);
        Optional<ConfigValue> check = map.get("health_check");
        Optional<HealthCheck> healthCheck = check.flatMap(UpstreamReader::healthCheck);
        HostPolicy host = map.choice("host", HostPolicy.class).orElse(HostPolicy.UPSTREAM);
        Set<String> redirectHosts = new LinkedHashSet<>();
        map.list("redirect_hosts").forEach(value -> value.text().ifPresent(redirectHosts::add));
        Duration connectTimeout =
                map.duration("connect_timeout", LEAST_TIMEOUT).orElse(ServerSettings.DEFAULT_CONNECT_TIMEOUT);
        Set<Integer> ejectOn = new LinkedHashSet<>();
        map.get("eject_on")
                .map(ConfigValue::oneOrMore)
                .orElse(List.of())
                .forEach(value -> value.integer(400, 599).ifPresent(ejectOn::add));
        UpstreamReader reader = new UpstreamReader(http2, tls.orElse(TlsSettings.DEFAULT), connectTimeout);
        Optional<List<ServerSettings>> servers = reader.servers(map);
        if (servers.isEmpty() || tls.isEmpty() || check.isPresent() != healthCheck.isPresent()) {
            return Optional.empty();
        }
        if (tlsValue.isPresent()
                && redirectHosts.isEmpty()
                && servers.get().stream().noneMatch(server -> server.address().secure())) {
            tlsValue.get().problem("tls: for no server (expected: one with https://)");
            return Optional.empty();
        }
        return entry.made(
                () -> new UpstreamSettings(servers.get(), healthCheck.orElse(null), host, redirectHosts, ejectOn));
    }

    private Optional<List<ServerSettings>> servers(ConfigMap map) {
        Optional<ConfigValue> host = map.get("http_host");
        Optional<ConfigValue> port = map.get("http_port");
        Optional<ConfigValue> upstreams = map.get("upstreams");
        if (upstreams.isEmpty()) {
            String name = host.flatMap(ConfigValue::text).orElse(QueueSettings.DEFAULT_HTTP_HOST);
            int number = port.flatMap(value -> value.integer(1, 65_535)).orElse(QueueSettings.DEFAULT_HTTP_PORT);
            Optional<UpstreamAddress> address = host.isPresent()
                    ? host.get().made(() -> UpstreamAddress.of(name, number))
                    : Optional.of(UpstreamAddress.of(name, number));
            return address.map(this::server).map(List::of);
        }
        if (host.isPresent() || port.isPresent()) {
            upstreams
                    .get()
                    .problem("upstreams: beside " + (host.isPresent() ? "http_host" : "http_port")
                            + " (expected: one of them)");
            return Optional.empty();
        }
        List<ConfigValue> members = upstreams.get().oneOrMore();
        List<ServerSettings> servers =
                members.stream().map(this::server).flatMap(Optional::stream).toList();
        return !members.isEmpty() && servers.size() == members.size() ? Optional.of(servers) : Optional.empty();
    }

    private ServerSettings server(UpstreamAddress address) {
        return new ServerSettings(address, http2, tls, connectTimeout);
    }

    private Optional<ServerSettings> server(ConfigValue value) {
        if (!value.isMap()) {
            return value.parsed(UpstreamAddress::parse).map(this::server);
        }
        ConfigMap map = value.map();
        Optional<UpstreamAddress> address = map.required("url").flatMap(url -> url.parsed(UpstreamAddress::parse));
        boolean http2Here = map.bool("http2").orElse(http2);
        Optional<ConfigValue> tlsValue = map.get("tls");
        Optional<TlsSettings> tlsHere = tlsValue.isEmpty() ? Optional.of(tls) : tlsValue.flatMap(UpstreamReader::tls);
        if (address.isPresent() && tlsValue.isPresent() && !address.get().secure()) {
            tlsValue.get().problem("tls: for " + address.get() + " (expected: a server with https://)");
            return Optional.empty();
        }
        Duration connectTimeoutHere =
                map.duration("connect_timeout", LEAST_TIMEOUT).orElse(connectTimeout);
        return address.flatMap(
                place -> tlsHere.map(trusted -> new ServerSettings(place, http2Here, trusted, connectTimeoutHere)));
    }

    private static Optional<TlsSettings> tls(ConfigValue value) {
        if (!value.isMap()) {
            value.expected("a mapping with some of trust, certificate, key, verify");
            return Optional.empty();
        }
        ConfigMap map = value.map();
        Optional<Path> trust = map.get("trust").flatMap(file -> file.parsed(Path::of));
        Optional<Path> certificate = map.get("certificate").flatMap(file -> file.parsed(Path::of));
        Optional<Path> key = map.get("key").flatMap(file -> file.parsed(Path::of));
        boolean verify = map.bool("verify").orElse(true);
        return value.made(() -> {
            TlsSettings settings =
                    new TlsSettings(trust.orElse(null), certificate.orElse(null), key.orElse(null), verify);
            settings.check();
            return settings;
        });
    }

    private static Optional<HealthCheck> healthCheck(ConfigValue value) {
        if (!value.isMap()) {
            value.expected("a mapping with path, and maybe interval and timeout");
            return Optional.empty();
        }
        ConfigMap map = value.map();
        Optional<String> path = map.required("path").flatMap(ConfigValue::text);
        Duration interval = map.duration("interval", HealthCheck.LEAST_INTERVAL).orElse(HealthCheck.DEFAULT_INTERVAL);
        Duration timeout = map.duration("timeout", LEAST_TIMEOUT).orElse(HealthCheck.DEFAULT_TIMEOUT);
        return path.flatMap(asked -> value.made(() -> new HealthCheck(asked, interval, timeout)));
    }
}
