package io.thr.dispatcher.config;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.config.ConfigException;
import io.thr.dispatcher.upstream.HealthCheck;
import io.thr.dispatcher.upstream.HostPolicy;
import io.thr.dispatcher.upstream.ServerSettings;
import io.thr.dispatcher.upstream.TlsSettings;
import io.thr.dispatcher.upstream.UpstreamSettings;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an entry of {@code queues} says of its upstream. */
class UpstreamConfigTest {

    private static final TlsSettings UNVERIFIED = new TlsSettings(null, null, null, false);

    @Test
    void one_server_may_be_told_alone() {
        assertThat(read("upstreams: http://a:1"), is(UpstreamSettings.of("a", 1)));
        assertThat(read("upstreams: unix:/run/a.sock"), is(UpstreamSettings.of("/run/a.sock", 80)));
    }

    @Test
    void what_an_entry_says_holds_for_all_its_servers_that_do_not_say_otherwise() {
        UpstreamSettings settings = read("""
                upstreams: [ http://a:1, { url: https://b:2, http2: false, connect_timeout: 500ms }, { url: https://c, tls: { verify: false } } ]
                http2: true
                host: client
                connect_timeout: 3s
                eject_on: [503, 429]
                redirect_hosts: Files.internal
                health_check: { path: /health, interval: 10s, timeout: 500ms }
                """);
        assertThat(
                settings,
                is(UpstreamSettings.of(
                                ServerSettings.of("http://a:1").withHttp2().withConnectTimeout(Duration.ofSeconds(3)),
                                ServerSettings.of("https://b:2").withConnectTimeout(Duration.ofMillis(500)),
                                ServerSettings.of("https://c:443")
                                        .withHttp2()
                                        .withTls(UNVERIFIED)
                                        .withConnectTimeout(Duration.ofSeconds(3)))
                        .withEjectOn(Set.of(429, 503))
                        .withHost(HostPolicy.CLIENT)
                        .withRedirectHosts(Set.of("files.internal"))
                        .withHealthCheck(new HealthCheck("/health", Duration.ofSeconds(10), Duration.ofMillis(500)))));
    }

    @Test
    void nothing_ejects_and_connections_may_take_15_s_where_nothing_is_said() {
        UpstreamSettings settings = read("upstreams: http://a:1");
        assertThat(settings.ejectOn(), is(Set.of()));
        assertThat(settings.servers().get(0).connectTimeout(), is(Duration.ofSeconds(15)));
        assertThat(read("eject_on: 503").ejectOn(), is(Set.of(503)));
    }

    @Test
    void health_check_needs_a_path_only() {
        assertThat(
                read("health_check: { path: /health }").healthCheck(),
                is(new HealthCheck("/health", Duration.ofSeconds(5), Duration.ofSeconds(2))));
    }

    @Test
    void lone_server_of_the_originals_kind_may_have_all_that_too() {
        assertThat(
                read("http_host: h\nhttp2: true\nhost: client"),
                is(UpstreamSettings.of(ServerSettings.of("http://h:8082").withHttp2())
                        .withHost(HostPolicy.CLIENT)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "upstreams: http://a:1%http_host: a | d.yaml:3:16: upstreams: beside http_host (expected: one of them)",
                "upstreams: http://a:1%http_port: 1 | d.yaml:3:16: upstreams: beside http_port (expected: one of them)",
                "upstreams: []                      | d.yaml:3:16: upstreams: an empty list (expected: at least one value)",
                "upstreams: a:1                     | d.yaml:3:16: a:1 (expected: http://host:port, https://host:port or",
                "upstreams: [http://a:1, http://A:1/] | upstreams: http://a:1 twice (expected: once)",
                "upstreams: [ { http2: true } ]     | missing key `url`",
                "upstreams: [ { url: http://a:1, htpt2: true } ] | did you mean `http2`?",
                "upstreams: [ { url: http://a:1, tls: { verify: false } } ] | tls: for http://a:1 (expected: a server with https://)",
                "tls: { verify: false }             | tls: for no server (expected: one with https://)",
                "upstreams: https://a%tls: { trust: /none.pem } | d.yaml:4:10: trust: /none.pem: no such file",
                "upstreams: https://a%tls: { key: /none.pem } | tls: key without certificate (expected: both or neither)",
                "upstreams: https://a%tls: { trust: /none.pem, verify: false } | tls: trust with `verify: false`",
                "upstreams: https://a%tls: ca.pem   | a mapping with some of trust, certificate, key, verify",
                "host: front.example                | host: front.example (expected: upstream or client",
                "health_check: /health              | a mapping with path, and maybe interval and timeout",
                "health_check: { path: health }     | path: health (expected: a path such as /health",
                "health_check: { path: /, interval: 1ms } | interval: 1ms (expected: at least 100ms)",
                "connect_timeout: 0s                | connect_timeout: 0s (expected: at least 1ms)",
                "upstreams: { url: http://a, connect_timeout: 0s } | connect_timeout: 0s (expected: at least 1ms)",
                "eject_on: [503, 200]               | eject_on: 200 (expected: a whole number from 400 to 599)",
                "eject_on: 5xx                      | 5xx (expected: a whole number",
                "http_host: ''                      | http_host: '' (expected: a host name, an address or a socket's path)"
            })
    void mistakes_are_told_with_their_place_and_what_was_expected(String lines, String message) {
        ConfigException mistake = assertThrows(ConfigException.class, () -> read(lines.replace("%", "\n")));
        assertThat(mistake.getMessage(), containsString(message));
    }

    private static UpstreamSettings read(String lines) {
        String text = "queues:\n  - queue: q\n" + lines.indent(4);
        DispatcherSettings settings =
                DispatcherSchemaTest.SCHEMA.agreesOn(text, DispatcherConfig.parse("d.yaml", text, Map.of()));
        return settings.queues().get(0).upstream();
    }
}
