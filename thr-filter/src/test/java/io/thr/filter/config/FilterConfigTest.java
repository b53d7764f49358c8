package io.thr.filter.config;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasToString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.sameInstance;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.admin.AdminSettings;
import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.core.config.Secret;
import io.thr.core.match.CidrBlock;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.PlainRequest;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.Rules;
import io.thr.filter.rule.RulesProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FilterConfigTest {

    // ---- settings

    @Test
    void the_file_of_the_first_steps_is_read() {
        FilterSettings settings = parse("""
                # front.yaml
                redis: redis://127.0.0.1:6379
                timeout: 300s
                response_keys: shared    # or per_request
                inline_bodies: false     # true for the original
                rules:
                  - when: { path: { glob: "/api/*" },
                            method: [GET, POST] }
                    then: { set_redis_queue: thr:queue:hello,
                            set_input_priority: 10,
                            set_input_header: { X-A: b } }
                    stop: true
                """);
        Exchange exchange = PlainRequest.get("/api/x").exchange();
        settings.rules().applyInput(exchange).join();
        assertThat(exchange.redisQueue(), is("thr:queue:hello"));
        assertThat(exchange.priority(), is(10));
        assertThat(exchange.header("X-A"), is("b"));
        assertThat(settings.rules().list().get(0).stop(), is(true));
    }

    @Test
    void every_setting_is_read() {
        FilterSettings settings = parse("""
                redis: redis://h:1
                bus: b1
                timeout: 5m
                response_keys: per_request
                inline_bodies: true
                body_threshold: 1KiB
                max_body: 1MiB
                max_body_bytes_in_flight: 2MiB
                max_queue_length: 7
                max_blocked_threads: 9
                default_queue: thr:queue:default
                trusted_proxies: [10.0.0.0/8, "::1"]
                forwarded_field: forwarded
                ipv6_prefix: 56
                on_redis_failure: open
                grace_time: 0
                rate_limit_headers: legacy
                rate_limit_timeout: 250ms
                rate_limit_secret: s
                admin: { port: 0, host: "::1", token: t-0, hosts: [Thr.example.org] }
                rules: []
                """);
        assertThat(settings.redis(), hasToString(RedisUrl.parse("redis://h:1").toString()));
        assertThat(
                settings,
                is(new FilterSettings(
                        settings.redis(),
                        "b1",
                        Duration.ofMinutes(5),
                        ResponseKeys.PER_REQUEST,
                        true,
                        1024,
                        1 << 20,
                        2 << 20,
                        7,
                        9,
                        "thr:queue:default",
                        List.of(CidrBlock.parse("10.0.0.0/8"), CidrBlock.parse("::1")),
                        ForwardedField.FORWARDED,
                        56,
                        OnRedisFailure.OPEN,
                        Duration.ZERO,
                        RateHeaderStyle.LEGACY,
                        Duration.ofMillis(250),
                        new Secret("s"),
                        new AdminSettings(0, "::1", new Secret("t-0"), List.of("thr.example.org")),
                        Rules.EMPTY)));
        assertThat(settings.toString(), not(containsString("rateLimitSecret=s")));
        assertThat(settings.toString(), not(containsString("t-0")));
    }

    @Test
    void what_is_not_said_has_its_default() {
        FilterSettings settings = parse("bus: thr\n");
        FilterSettings defaults = FilterSettings.defaults();
        assertThat(settings.withRedis(defaults.redis()), is(defaults));
        assertThat(defaults.timeout(), is(Duration.ofMinutes(5)));
        assertThat(defaults.bodyThreshold(), is(65_536L));
        assertThat(defaults.maxBody(), is(10_485_760L));
        assertThat(defaults.maxQueueLength(), is(10_000));
        assertThat(defaults.forwardedField(), is(ForwardedField.X_FORWARDED_FOR));
        assertThat(defaults.ipv6Prefix(), is(64));
        assertThat(defaults.graceTime(), is(Duration.ofSeconds(30)));
        assertThat(defaults.rateLimitTimeout(), is(Duration.ofMillis(45)));
        assertThat(defaults.defaultQueue(), is(nullValue()));
        assertThat(defaults.rules(), sameInstance(Rules.EMPTY));
    }

    @Test
    void a_command_line_overrides_the_file() {
        RedisUrl redis = RedisUrl.parse("redis://other:1");
        Rules rules = new RuleList().compile();
        FilterSettings settings = parse("timeout: 5s\nbus: b1\n")
                .withRedis(redis)
                .withTimeout(Duration.ofSeconds(7))
                .withDefaultQueue("q")
                .withRules(rules);
        assertThat(settings.redis(), sameInstance(redis));
        assertThat(settings.timeout(), is(Duration.ofSeconds(7)));
        assertThat(settings.defaultQueue(), is("q"));
        assertThat(settings.rules(), sameInstance(rules));
        assertThat(settings.bus(), is("b1"));
    }

    @Test
    void a_large_max_body_raises_what_may_be_in_flight() {
        FilterSettings settings = parse("{ max_body: 512MiB, inline_bodies: true }\n");
        assertThat(settings.maxBodyBytesInFlight(), is(512L << 20));
        FilterSettings streamed = parse("{ max_body: 1TiB, max_body_bytes_in_flight: 1MiB }\n");
        assertThat(streamed.maxBodyBytesInFlight(), is(FilterSettings.READ_AHEAD));
    }

    @Test
    void a_null_default_queue_is_none() {
        assertThat(parse("default_queue: null\n").defaultQueue(), is(nullValue()));
    }

    @Test
    void a_file_is_read_with_the_environment(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("front.yaml");
        Files.writeString(file, "bus: ${BUS}\n");
        assertThat(FilterConfig.read(file, Map.of("BUS", "b2")).bus(), is("b2"));
    }

    @Test
    void a_missing_file_is_reported(@TempDir Path directory) {
        Path file = directory.resolve("front.yaml");
        assertThat(
                assertThrows(ConfigException.class, () -> FilterConfig.read(file, Map.of()))
                        .getMessage(),
                is(file + ": no such file"));
    }

    @Test
    void wrong_settings_made_in_java_are_refused() {
        FilterSettings defaults = FilterSettings.defaults();
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> defaults.withTimeout(Duration.ZERO))
                        .getMessage(),
                is("timeout: PT0S (expected: >= 1 ms)"));
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> defaults.withDefaultQueue(" "))
                        .getMessage(),
                is("default_queue: \"\" (expected: not empty)"));
        assertThat(
                assertThrows(
                                IllegalArgumentException.class,
                                () -> defaults.edit().ipv6Prefix(47).build())
                        .getMessage(),
                is("ipv6_prefix: 47 (expected: 48 to 128)"));
    }

    @ParameterizedTest
    @ValueSource(ints = {48, 64, 128})
    void ipv6_prefix_may_be_that_of_a_site_a_subnet_or_an_address(int prefix) {
        assertThat(parse("ipv6_prefix: " + prefix + "\n").ipv6Prefix(), is(prefix));
        assertThat(FilterSettings.defaults().edit().ipv6Prefix(prefix).build().ipv6Prefix(), is(prefix));
    }

    // ---- mistakes

    @Test
    void every_mistake_is_listed_with_its_place() {
        assertProblems(
                """
                redsi: redis://h
                bus: "a b"
                timeout: 5 minutes
                response_keys: share
                inline_bodies: 1
                body_threshold: -1
                max_body: 2000GiB
                trusted_proxies: [10.0.0.1/8]
                on_redis_failure: closd
                default_queue: ""
                rules:
                  - when: { mathod: GET }
                    then: { set_redis_quue: q }
                  - wen: {}
                  - then: { set_input_priority: high, set_input_header: X-A }
                    stop: maybe
                """,
                "f.yaml:1:1: unknown key `redsi` (expected one of: redis, bus, timeout, response_keys, inline_bodies,"
                        + " body_threshold, max_body, max_body_bytes_in_flight, max_queue_length, max_blocked_threads, default_queue,"
                        + " trusted_proxies, forwarded_field, ipv6_prefix, on_redis_failure, grace_time, rate_limit_headers,"
                        + " rate_limit_timeout, rate_limit_secret, admin, rules, rules_class;"
                        + " did you mean `redis`?)",
                "f.yaml:2:6: bus: a b (expected: 1 to 64 letters, digits, dots, hyphens, underscores)",
                "f.yaml:3:10: timeout: 5 minutes (expected: a duration such as 300s, 50ms or 5m)",
                "f.yaml:4:16: response_keys: share (expected: shared or per_request; did you mean `shared`?)",
                "f.yaml:5:16: inline_bodies: 1 (expected: true or false)",
                "f.yaml:6:17: body_threshold: -1 (expected: a size such as 10MiB, 64KiB or 4096)",
                "f.yaml:7:11: max_body: 2000GiB (expected: at most 1TiB)",
                "f.yaml:8:19: block: 10.0.0.1/8 (expected: 10.0.0.0/8, or 10.0.0.1 for that address alone)",
                "f.yaml:9:19: on_redis_failure: closd (expected: open or closed or local; did you mean `closed`?)",
                "f.yaml:10:16: default_queue: \"\" (expected: not empty)",
                "f.yaml:12:13: unknown key `mathod` (expected one of: path, method, remote_ip, real_ip, host, scheme,"
                        + " content_type, principal, role, header, query, cookie, not, any; did you mean `method`?)",
                "f.yaml:13:13: unknown key `set_redis_quue` (expected one of: set_input_header, add_input_header,"
                        + " del_input_header, set_path, set_method, set_host, set_remote_ip, set_input_body,"
                        + " set_query_string, add_query_string_arg, set_query_string_arg, del_query_string_arg,"
                        + " set_input_priority, set_redis_queue, set_redis_host, set_redis_port, set_redis_uds,"
                        + " set_status_code, rate_limit, on_redis_failure, sign_of_life, set_custom_value, del_custom_value,"
                        + " set_output_header, add_output_header, del_output_header, set_output_body, set_output_default_body;"
                        + " did you mean `set_redis_queue`?)",
                "f.yaml:14:5: missing key `then`",
                "f.yaml:14:5: unknown key `wen` (expected one of: name, when, then, stop; did you mean `when`?)",
                "f.yaml:15:33: set_input_priority: high (expected: a whole number from 1 (most urgent) to 99)",
                "f.yaml:15:57: set_input_header: X-A (expected: a mapping)",
                "f.yaml:16:11: stop: maybe (expected: true or false)");
    }

    @Test
    void wrong_sign_of_life_is_reported() {
        assertProblems(
                """
                rules:
                  - then: { sign_of_life: event }
                  - then: { sign_of_life: { as: interim, every: 50ms } }
                  - then: { sign_of_life: { as: interim, every: 2h } }
                  - then: { sign_of_life: { every: 2s } }
                """,
                "f.yaml:2:27: sign_of_life: event (expected: interim or events; did you mean `events`?)",
                "f.yaml:3:49: every: 50ms (expected: at least 100ms)",
                "f.yaml:4:27: every: 7200000 ms (expected: 100 ms to 1 h)",
                "f.yaml:5:27: missing key `as`");
    }

    @Test
    void wrong_forwarded_field_is_reported() {
        assertProblems(
                "forwarded_field: X-Forwarded-For\n",
                "f.yaml:1:18: forwarded_field: X-Forwarded-For (expected: x_forwarded_for or forwarded or x_real_ip;"
                        + " did you mean `x_forwarded_for`?)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"47", "129", "/64", "64.0"})
    void wrong_ipv6_prefix_is_reported(String prefix) {
        assertProblems(
                "ipv6_prefix: " + prefix + "\n",
                "f.yaml:1:14: ipv6_prefix: " + prefix + " (expected: a whole number from 48 to 128)");
    }

    @Test
    void wrong_criteria_are_reported() {
        assertProblems(
                """
                rules:
                - then: {}
                  when:
                    path: { glob: }
                    remote_ip: [10.0.0.0/8, nowhere]
                    host: Example.com:80
                    role: { glob: a }
                    header: { "a b": c }
                    query: {}
                    cookie: x
                    not: {}
                    any: []
                    method: []
                """,
                "f.yaml:4:18: glob: nothing (expected: a text)",
                "f.yaml:5:16: remote_ip, block: nowhere (expected: an address or a block, such as 10.0.0.1, 10.0.0.0/8"
                        + " or fd00::/8)",
                "f.yaml:6:11: host: Example.com:80 (expected: a host's name in lower case, without port)",
                "f.yaml:7:11: role: a mapping (expected: a text)",
                "f.yaml:8:15: header name: a b (expected: letters, digits, !#$%&'*+-.^_`|~)",
                "f.yaml:9:12: query: an empty mapping (expected: at least one entry)",
                "f.yaml:10:13: cookie: x (expected: a mapping)",
                "f.yaml:11:10: not: an empty mapping (expected: at least one entry)",
                "f.yaml:12:10: any: an empty list (expected: at least one value)",
                "f.yaml:13:13: method: an empty list (expected: at least one value)");
    }

    @Test
    void wrong_actions_are_reported() {
        assertProblems(
                """
                rules:
                - then:
                    set_input_header: { A: "b\\nc", "d e": f }
                    del_input_header: ""
                    set_path: api
                    set_method: [GET]
                    set_host: a/b
                    set_remote_ip: me
                    set_query_string: a b
                    set_query_string_arg: {}
                    del_query_string_arg: { nam: x }
                    set_redis_queue: ""
                    set_redis_port: 70000
                    set_status_code: 99
                    on_redis_failure: maybe
                    del_custom_value: []
                    set_output_header: { A: null }
                """,
                "f.yaml:3:28: A: b\\u000ac (expected: no control characters, and none above U+00FF)",
                "f.yaml:3:43: header name: d e (expected: letters, digits, !#$%&'*+-.^_`|~)",
                "f.yaml:4:23: header name: \"\" (expected: letters, digits, !#$%&'*+-.^_`|~)",
                "f.yaml:5:15: path: api (expected: a path that begins with /)",
                "f.yaml:6:17: set_method: a list (expected: a text)",
                "f.yaml:7:15: host: a/b (expected: a host, or host:port)",
                "f.yaml:8:20: address: me (expected: an IP address such as 10.0.0.1 or fd00::1)",
                "f.yaml:9:23: query_string: a b (expected: no blanks, no control characters, no #)",
                "f.yaml:10:27: set_query_string_arg: an empty mapping (expected: at least one entry)",
                "f.yaml:11:27: missing key `name`",
                "f.yaml:11:29: unknown key `nam` (expected one of: name, case_insensitive; did you mean `name`?)",
                "f.yaml:12:22: redis_queue: \"\" (expected: not empty)",
                "f.yaml:13:21: set_redis_port: 70000 (expected: a whole number from 1 to 65535)",
                "f.yaml:14:22: status_code: 99 (expected: 200 to 599)",
                "f.yaml:15:23: on_redis_failure: maybe (expected: open or closed or local)",
                "f.yaml:16:23: del_custom_value: an empty list (expected: at least one value)",
                "f.yaml:17:29: A: null (expected: a text)");
    }

    @Test
    void rules_must_be_mappings() {
        assertProblems("rules: [x]\n", "f.yaml:1:9: rules: x (expected: a mapping)");
        assertProblems("rules: { when: {} }\n", "f.yaml:1:8: missing key `then`");
    }

    // ---- rules of a class

    /** Found by its name. */
    public static final class MyRules implements RulesProvider {

        /** For the configuration. */
        public MyRules() {}

        @Override
        public void addTo(RuleList rules) {
            rules.add(
                    io.thr.filter.rule.Criteria.when(),
                    io.thr.filter.rule.Actions.then().setRedisQueue(exchange -> exchange.redisQueue() + "-mine"));
        }
    }

    /** Cannot be made from outside. */
    static final class HiddenRules implements RulesProvider {

        @Override
        public void addTo(RuleList rules) {}
    }

    /** Fails. */
    public static final class FailingRules implements RulesProvider {

        /** For the configuration. */
        public FailingRules() {}

        @Override
        public void addTo(RuleList rules) {
            throw new IllegalStateException("boom");
        }
    }

    @Test
    void the_rules_of_a_class_follow_those_of_the_file() {
        FilterSettings settings =
                parse("rules_class: " + MyRules.class.getName() + "\nrules:\n- then: { set_redis_queue: q }\n");
        Exchange exchange = PlainRequest.get("/").exchange();
        settings.rules().applyInput(exchange).join();
        assertThat(exchange.redisQueue(), is("q-mine"));
    }

    @Test
    void a_class_that_will_not_do_is_reported() {
        assertProblems(
                "rules_class: com.example.None\n",
                "f.yaml:1:14: rules_class: com.example.None (expected: the name of a class on the class path)");
        assertProblems(
                "rules_class: java.lang.String\n",
                "f.yaml:1:14: rules_class: java.lang.String (expected: a class that implements"
                        + " io.thr.filter.rule.RulesProvider)");
        assertProblems(
                "rules_class: " + HiddenRules.class.getName() + "\n",
                "f.yaml:1:14: rules_class: " + HiddenRules.class.getName()
                        + " (expected: a public class with a public constructor without parameters)");
        assertProblems(
                "rules_class: " + FailingRules.class.getName() + "\n",
                "f.yaml:1:14: rules_class: " + FailingRules.class.getName()
                        + " failed: java.lang.IllegalStateException: boom");
    }

    private static FilterSettings parse(String text) {
        return FrontSchemaTest.SCHEMA.agreesOn(text, FilterConfig.parse("f.yaml", text, Map.of()));
    }

    private static void assertProblems(String text, String... problems) {
        ConfigException refusal = assertThrows(ConfigException.class, () -> parse(text));
        assertThat(refusal.problems().stream().map(Problem::toString).toList(), equalTo(List.of(problems)));
        assertThat(List.of(String.valueOf(refusal.getMessage()).split("\n", -1)), contains(problems));
    }
}
