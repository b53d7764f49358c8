package io.thr.dispatcher.config;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.config.ConfigException;
import io.thr.core.config.FileSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The schema of the dispatcher's file says what its reader says. What the other tests of this package read, they show the
 * schema, too, see {@link #SCHEMA}.
 */
class DispatcherSchemaTest {

    /** The schema as it is published. */
    static final FileSchema SCHEMA = new FileSchema(DispatcherConfig.schema());

    private static final Path PROJECT = Path.of("..");
    private static final String QUEUES = "queues: [ { queue: q } ]\n";

    /** A file with a mapping of each kind. */
    private static final String EVERY_MAPPING = """
            queues:
              - queue: q
                upstreams: [{ url: "https://a", tls: { verify: false } }]
                health_check: { path: / }
            limits:
              - name: l
                hash: { header: A }
                value: { glob: "a*" }
                max: 1
            fair_by: { header: A, weights: { gold: 3 } }
            priority_offsets: { "1": 0s }
            admin: { port: 0 }
            """;

    private static DispatcherSettings read(String yaml) {
        return DispatcherConfig.parse("dispatcher.yaml", yaml, Map.of());
    }

    @Test
    void schema_is_one() {
        assertThat(SCHEMA.isValid(), is(true));
    }

    @Test
    void reader_and_schema_know_the_same_keys_in_every_mapping() {
        read(EVERY_MAPPING);
        assertThat(SCHEMA.differences(EVERY_MAPPING, DispatcherSchemaTest::read), is(empty()));
    }

    @Test
    void defaults_of_the_schema_are_those_of_the_reader() {
        String defaults = SCHEMA.defaults().stripTrailing();
        String whole = defaults.substring(0, defaults.length() - 1) + ", queues: [{ queue: q }]}";
        assertThat(SCHEMA.agreesOn(whole, read(whole)), is(read(QUEUES)));
    }

    @Test
    void every_file_of_the_documentation_is_right() throws IOException {
        Map<String, List<String>> blocks = FileSchema.blocks(PROJECT.resolve("README.md"));
        List<String> whole = blocks.getOrDefault("dispatcher", List.of());
        List<String> limits = blocks.getOrDefault("limits", List.of());
        assertThat(Math.min(whole.size(), limits.size()), is(greaterThanOrEqualTo(2)));
        for (String block : whole) {
            assertThat(block, SCHEMA.mistakes(block), is(empty()));
        }
        for (String block : limits) {
            assertThat(block, SCHEMA.mistakes(QUEUES + block), is(empty()));
        }
        for (String file : List.of(
                "examples/hello/dispatcher.yaml", "examples/limits/fixed.yaml", "examples/limits/dynamic.yaml")) {
            assertThat(file, SCHEMA.mistakes(Files.readString(PROJECT.resolve(file))), is(empty()));
        }
    }

    /** Each wrong in one way. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "redsi: redis://localhost",
                "redis: nowhere",
                "timeout: soon",
                "bus: \"{x}\"",
                "bus: \"\"",
                "max_response_body: 9 apples",
                "stats_frequency_ms: -1",
                "add_thr_extra_headers: 1",
                "order: strickt",
                "order: strict\npriority_offsets: { 1: 2s }",
                "priority_offsets: { 0: 1s }",
                "priority_offsets: { 100: 1s }",
                "priority_offsets: { 5: soon }",
                "priority_offsets: {}",
                "lost_slots: keep",
                "max_attempts: 101",
                "max_waiting: 0",
                "admin: { prot: 1 }",
                "admin: { port: 65536 }",
                "admin: { host: '' }",
                "admin: { token: '' }",
                "admin: 8899",
                "limits_class: { a: b }",
                "fair_by: []",
                "fair_by: [path, path, path, path, path]",
                "fair_by: pth",
                "fair_by: { header: X, defualt: y }",
                "fair_by: { header: X, path: true }",
                "fair_by: { header: X, weights: { gold: 0 } }",
                "fair_by: { header: X, weights: {} }",
                "limits: [ { name: a==b, hash: method, dynamic: true, max: 1 } ]",
                "limits: [ { name: a=, hash: method, dynamic: true, max: 1 } ]",
                "limits: [ { name: a, hash: methd, dynamic: true, max: 1 } ]",
                "limits: [ { name: b, hash: { heder: X }, dynamic: true, max: 1 } ]",
                "limits: [ { name: c, hash: { header: X, cookie: Y }, dynamic: true, max: 1 } ]",
                "limits: [ { name: e, hash: path, value: x, dynamic: true, max: 1 } ]",
                "limits: [ { name: f, hash: path, max: 1 } ]",
                "limits: [ { name: h, hash: path, value: x, max: -1 } ]",
                "limits: [ { name: i, hash: [path], value: x, max: 1 } ]",
                "limits: [ { name: j, hash: { host: false }, value: x, max: 1 } ]",
                "limits: [ { name: j, hash: host, value: x } ]",
                "limits: [ { name: j, hash: host, value: x, max: 1, mx: 1 } ]",
                "limits: [ text ]",
            })
    void mistakes_are_refused_by_both(String lines) {
        String yaml = lines + "\n" + QUEUES;
        assertThrows(ConfigException.class, () -> read(yaml));
        assertThat(SCHEMA.mistakes(yaml), is(not(empty())));
    }

    /** In an entry of queues. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "http_prot: 80",
                "http_port: 70000",
                "http_host: ''",
                "workers: 0",
                "max_concurrent: 100001",
                "redis: nowhere",
                "upstreams: http://a:1%http_host: a",
                "upstreams: http://a:1%http_port: 1",
                "upstreams: []",
                "upstreams: a:1",
                "upstreams: [ { http2: true } ]",
                "upstreams: [ { url: http://a:1, htpt2: true } ]",
                "upstreams: https://a%tls: { key: /none.pem }",
                "upstreams: https://a%tls: ca.pem",
                "host: front.example",
                "health_check: /health",
                "health_check: { path: health }",
                "health_check: { interval: 5s }",
                "connect_timeout: soon",
                "eject_on: [503, 200]",
                "eject_on: 5xx"
            })
    void mistakes_in_an_entry_are_refused_by_both(String lines) {
        String yaml = "queues:\n  - queue: q\n" + lines.replace("%", "\n").indent(4);
        assertThrows(ConfigException.class, () -> read(yaml));
        assertThat(SCHEMA.mistakes(yaml), is(not(empty())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis: redis://h",
                "queues: []",
                "queues: [ { queue: [] } ]",
                "queues: [ { queue: \"\" } ]",
                "queues: [ { queue: \"a\\x1eb\" } ]",
                "queues: [ { http_host: h } ]",
                "queues: [ text ]"
            })
    void there_is_something_to_serve(String yaml) {
        assertThrows(ConfigException.class, () -> read(yaml));
        assertThat(SCHEMA.mistakes(yaml), is(not(empty())));
    }
}
