package io.thr.dispatcher.config;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.config.ConfigException;
import io.thr.core.redis.RedisUrl;
import io.thr.dispatcher.upstream.UpstreamSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DispatcherConfigTest {

    private static final String LEAST = "queues: [ { queue: q } ]\n";

    @Test
    void what_is_not_said_has_the_originals_default() {
        DispatcherSettings settings = read(LEAST);
        assertThat(settings.redis(), is(RedisUrl.of("127.0.0.1", 6379)));
        assertThat(settings.bus(), is("thr"));
        assertThat(settings.timeout(), is(Duration.ofMinutes(5)));
        assertThat(settings.maxLifetime(), is(Duration.ofMinutes(5)));
        assertThat(settings.statsFile(), is(Path.of("/tmp/redis2http_stats.json")));
        assertThat(settings.statsEvery(), is(Duration.ofSeconds(2)));
        assertThat(settings.addThrExtraHeaders(), is(false));
        assertThat(settings.maxResponseBody(), is(64 * 1024 * 1024));
        assertThat(settings.bodyThreshold(), is(64 * 1024));
        assertThat(
                settings.queues(),
                contains(new QueueSettings(List.of("q"), UpstreamSettings.of("localhost", 8082), 1, 100, null)));
    }

    @Test
    void everything_can_be_said() {
        DispatcherSettings settings = read("""
                redis: redis://:${PASSWORD}@bus.internal:6380/2
                bus: reports
                timeout: 20s
                max_lifetime: 5m
                stats_file: /run/stats.json
                stats_frequency_ms: 0
                add_thr_extra_headers: true
                max_response_body: 1MiB
                body_threshold: 10kB
                queues:
                  - queue: [urgent, thr:queue:hello]
                    http_host: localhost
                    http_port: 9999
                    workers: 2
                    max_concurrent: 7
                  - queue: slow
                    http_host: /run/slow.sock
                    redis: unix:///run/redis.sock
                    redirect_hosts: [Files.internal, "cache:8080"]
                """);
        assertThat(settings.redis(), is(RedisUrl.parse("redis://:secret@bus.internal:6380/2")));
        assertThat(settings.bus(), is("reports"));
        assertThat(settings.timeout(), is(Duration.ofSeconds(20)));
        assertThat(settings.maxLifetime(), is(Duration.ofMinutes(5)));
        assertThat(settings.statsFile(), is(Path.of("/run/stats.json")));
        assertThat(settings.statsEvery(), is(Duration.ZERO));
        assertThat(settings.addThrExtraHeaders(), is(true));
        assertThat(settings.maxResponseBody(), is(1 << 20));
        assertThat(settings.bodyThreshold(), is(10_000));
        assertThat(
                settings.queues(),
                contains(
                        new QueueSettings(
                                List.of("urgent", "thr:queue:hello"),
                                UpstreamSettings.of("localhost", 9999),
                                2,
                                7,
                                null),
                        new QueueSettings(
                                List.of("slow"),
                                UpstreamSettings.of("/run/slow.sock", 8082)
                                        .withRedirectHosts(Set.of("files.internal", "cache:8080")),
                                1,
                                100,
                                RedisUrl.unix("/run/redis.sock"))));
    }

    @Test
    void every_mistake_is_told_with_its_place() {
        ConfigException mistakes = assertThrows(ConfigException.class, () -> read("""
                redsi: redis://localhost
                timeout: soon
                bus: "{x}"
                max_response_body: 9GiB
                queues:
                  - queue: q
                    http_prot: 80
                    workers: 0
                  - http_host: h
                  - just text
                """));
        assertThat(
                List.of(String.valueOf(mistakes.getMessage()).split("\n", -1)),
                contains(
                        containsString("d.yaml:1:1: unknown key `redsi`"),
                        containsString("d.yaml:2:10: timeout: soon"),
                        containsString("d.yaml:3:6: bus: {x} (expected: a name without braces)"),
                        containsString("d.yaml:4:20: max_response_body: 9GiB"),
                        containsString("d.yaml:7:5: unknown key `http_prot`"),
                        containsString("d.yaml:8:14: workers: 0 (expected: a whole number from 1 to 64)"),
                        containsString("d.yaml:9:5: missing key `queue`"),
                        containsString("d.yaml:10:5: queues: just text (expected: a mapping")));
        assertThat(mistakes.getMessage(), containsString("did you mean `redis`?"));
        assertThat(mistakes.getMessage(), containsString("did you mean `http_port`?"));
    }

    @ParameterizedTest
    @CsvSource({
        "'redis: redis://localhost', missing key `queues`",
        "'queues: []', at least one entry",
        "'queues: [ { queue: [] } ]', a name",
        "'queues: [ { queue: \"\" } ]', a name"
    })
    void there_is_something_to_serve(String text, String message) {
        assertThat(assertThrows(ConfigException.class, () -> read(text)).getMessage(), containsString(message));
    }

    @Test
    void password_is_never_shown() {
        ConfigException mistake =
                assertThrows(ConfigException.class, () -> read("redis: redis://u:${PASSWORD}@host:port\n" + LEAST));
        assertThat(mistake.getMessage(), not(containsString("secret")));
        assertThat(read("redis: redis://:${PASSWORD}@host\n" + LEAST).toString(), not(containsString("secret")));
    }

    @Test
    void file_is_read(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("dispatcher.yaml");
        Files.writeString(file, LEAST);
        assertThat(DispatcherConfig.read(file, Map.of()).queues(), hasSize(1));
        assertThat(DispatcherConfig.read(file, Map.of()).queues().get(0).redis(), is(nullValue()));
    }

    @Test
    void file_that_is_not_there_is_named(@TempDir Path directory) {
        Path file = directory.resolve("none.yaml");
        ConfigException mistake = assertThrows(ConfigException.class, () -> DispatcherConfig.read(file, Map.of()));
        assertThat(mistake.getMessage(), is(file + ": no such file"));
    }

    private static DispatcherSettings read(String text) {
        return DispatcherSchemaTest.SCHEMA.agreesOn(
                text, DispatcherConfig.parse("d.yaml", text, Map.of("PASSWORD", "secret")));
    }
}
