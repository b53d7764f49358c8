package io.thr.filter.config;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasSize;
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
 * The schema of the front's file says what its reader says. What the other tests of this package read, they show the schema,
 * too, see {@link #SCHEMA}.
 */
class FrontSchemaTest {

    /** The schema as it is published. */
    static final FileSchema SCHEMA = new FileSchema(FilterConfig.schema());

    private static final Path PROJECT = Path.of("..");

    /** A file with a mapping of each kind. */
    private static final String EVERY_MAPPING = """
            redis: redis://h
            admin: { port: 0 }
            rules:
              - when:
                  path: { glob: "/a*" }
                  header: { A: [b, { regexp: c }] }
                  query: { a: b }
                  cookie: { a: b }
                  not: { host: a }
                  any: [{ host: a }]
                then:
                  set_input_header: { A: b }
                  add_query_string_arg: { a: [b] }
                  del_query_string_arg: { name: a }
                  sign_of_life: { as: events }
                  rate_limit:
                    name: p
                    key: [{ header: A }, { cookie: b }]
                    algorithm: fixed-window
                    quota: 5
                    window: 60s
                    settle: { header: A }
                    overrides: [{ key: [a, b], quota: 1 }]
            """;

    private static FilterSettings read(String yaml) {
        return FilterConfig.parse("front.yaml", yaml, Map.of());
    }

    @Test
    void schema_is_one() {
        assertThat(SCHEMA.isValid(), is(true));
    }

    @Test
    void reader_and_schema_know_the_same_keys_in_every_mapping() {
        read(EVERY_MAPPING);
        assertThat(SCHEMA.differences(EVERY_MAPPING, FrontSchemaTest::read), is(empty()));
        assertThat(SCHEMA.names("/$defs/criteria"), hasSize(14));
        assertThat(SCHEMA.names("/$defs/actions"), hasSize(28));
    }

    @Test
    void defaults_of_the_schema_are_those_of_the_reader() {
        String defaults = SCHEMA.defaults();
        assertThat(SCHEMA.mistakes(defaults), is(empty()));
        FilterSettings settings = read(defaults);
        FilterSettings expected = FilterSettings.defaults();
        assertThat(settings.redis().toString(), is(expected.redis().toString()));
        assertThat(settings.withRedis(expected.redis()), is(expected));
    }

    @Test
    void every_file_of_the_documentation_is_right() throws IOException {
        List<String> blocks = FileSchema.blocks(PROJECT.resolve("README.md")).getOrDefault("front", List.of());
        assertThat(blocks.size(), is(greaterThanOrEqualTo(2)));
        for (String block : blocks) {
            assertThat(block, SCHEMA.mistakes(block), is(empty()));
        }
        for (String file : List.of(
                "examples/hello/front.yaml",
                "examples/limits/front.yaml",
                "examples/rate-limit/front.yaml",
                "webapp-demo/src/main/webapp/WEB-INF/front.yaml")) {
            assertThat(file, SCHEMA.mistakes(Files.readString(PROJECT.resolve(file))), is(empty()));
        }
    }

    @Test
    void references_to_the_environment_may_stand_anywhere() {
        String yaml = """
                redis: ${URL}
                bus: ${BUS}
                timeout: ${TIME}
                inline_bodies: ${YES}
                max_body: ${SIZE}
                max_queue_length: ${COUNT}
                on_redis_failure: ${WORD}
                rules: [{ when: { host: "${BUS}.example" }, then: { set_path: "${PATH}", set_status_code: "${STATUS}" } }]
                """;
        SCHEMA.agreesOn(
                yaml,
                FilterConfig.parse(
                        "front.yaml",
                        yaml,
                        Map.of(
                                "URL",
                                "redis://h",
                                "BUS",
                                "b",
                                "TIME",
                                "5s",
                                "YES",
                                "true",
                                "SIZE",
                                "5kB",
                                "COUNT",
                                "7",
                                "WORD",
                                "open",
                                "PATH",
                                "/p",
                                "STATUS",
                                "404")));
    }

    /** Each wrong in one way. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "redsi: redis://h",
                "redis: nowhere",
                "bus: a b",
                "timeout: 5 minutes",
                "timeout: -1",
                "response_keys: share",
                "inline_bodies: 1",
                "body_threshold: -1",
                "max_body: 5 apples",
                "max_queue_length: 0",
                "forwarded_field: X-Forwarded-For",
                "ipv6_prefix: 47",
                "ipv6_prefix: 64.5",
                "ipv6_prefix: /64",
                "on_redis_failure: closd",
                "rate_limit_headers: all",
                "default_queue: \"\"",
                "rules_class: { a: b }",
                "rules: [x]",
                "rules: { when: {} }",
                "rules: [{ then: {}, wen: {} }]",
                "rules: [{ then: {}, stop: maybe }]",
                "rules: [{ then: {}, when: { mathod: GET } }]",
                "rules: [{ then: {}, when: { path: { glob: } } }]",
                "rules: [{ then: {}, when: { path: { glob: a, diff: b } } }]",
                "rules: [{ then: {}, when: { path: { globb: a } } }]",
                "rules: [{ then: {}, when: { path: { any: false } } }]",
                "rules: [{ then: {}, when: { role: { glob: a } } }]",
                "rules: [{ then: {}, when: { query: {} } }]",
                "rules: [{ then: {}, when: { cookie: x } }]",
                "rules: [{ then: {}, when: { not: {} } }]",
                "rules: [{ then: {}, when: { any: [] } }]",
                "rules: [{ then: {}, when: { method: [] } }]",
                "rules: [{ then: { set_redis_quue: q } }]",
                "rules: [{ then: { set_input_priority: high } }]",
                "rules: [{ then: { set_input_header: X-A } }]",
                "rules: [{ then: { set_input_header: { \"d e\": f } } }]",
                "rules: [{ then: { set_output_header: { A: null } } }]",
                "rules: [{ then: { del_input_header: \"\" } }]",
                "rules: [{ then: { set_path: api } }]",
                "rules: [{ then: { set_method: [GET] } }]",
                "rules: [{ then: { set_query_string_arg: {} } }]",
                "rules: [{ then: { del_query_string_arg: { nam: x } } }]",
                "rules: [{ then: { set_redis_queue: \"\" } }]",
                "rules: [{ then: { set_redis_port: 70000 } }]",
                "rules: [{ then: { set_status_code: 99 } }]",
                "rules: [{ then: { del_custom_value: [] } }]",
                "rules: [{ then: { sign_of_life: event } }]",
                "rules: [{ then: { sign_of_life: { every: 2s } } }]",
                "rules: [{ then: { rate_limit: [] } }]",
                "rules: [{ then: { rate_limit: null } }]",
                "rules: [{ then: { rate_limit: {} } }]",
            })
    void mistakes_are_refused_by_both(String yaml) {
        assertThrows(ConfigException.class, () -> read(yaml));
        assertThat(SCHEMA.mistakes(yaml), is(not(empty())));
    }

    /** What differs from a policy that is right, each wrong in one way. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "name: a b",
                "key: ip",
                "key: [{ heder: X }]",
                "key: [{ header: A, query: b }]",
                "algorithm: leaky-bucket",
                "algorithm: token_bucket",
                "quota: -1",
                "quota: many",
                "window: minute",
                "on_exceeded: dely",
                "shadow: 1",
                "max_keys: 0",
                "lease: 10001",
                "cost: -1",
                "live: maybe",
                "settle: X-Cost",
                "settle: { heder: X-Cost }",
                "refund_on: 5XX",
                "refund_on: 600",
                "refund_on: []",
                "content_type: text/html",
                "overrides: [{ key: gold }]",
                "overrides: [{ kei: gold, quota: 1 }]",
                "qouta: 5"
            })
    void mistakes_in_a_rate_policy_are_refused_by_both(String wrong) {
        String key = wrong.substring(0, wrong.indexOf(':'));
        StringBuilder policy = new StringBuilder("rules:\n- then:\n    rate_limit:\n      " + wrong + "\n");
        Map.of("name", "p", "key", "real_ip", "algorithm", "fixed-window", "quota", "5", "window", "60s")
                .forEach((other, value) ->
                        policy.append(other.equals(key) ? "" : "      " + other + ": " + value + "\n"));

        assertThrows(ConfigException.class, () -> read(policy.toString()));
        assertThat(SCHEMA.mistakes(policy.toString()), is(not(empty())));
    }
}
