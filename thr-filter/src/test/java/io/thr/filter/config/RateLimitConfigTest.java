package io.thr.filter.config;

import static io.thr.core.rate.OnExceeded.QUEUE;
import static io.thr.core.rate.RateAlgorithm.FIXED_WINDOW;
import static io.thr.core.rate.RateAlgorithm.SLIDING_WINDOW;
import static io.thr.core.rate.RateAlgorithm.TOKEN_BUCKET;
import static io.thr.core.rate.RatePolicy.named;
import static io.thr.filter.rule.RateKeyPart.header;
import static io.thr.filter.rule.RateKeyPart.realIp;
import static io.thr.filter.rule.RateLimit.by;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.sameInstance;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.thr.core.Logged;
import io.thr.core.config.ConfigDocument;
import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.core.rate.OnExceeded;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateQuota;
import io.thr.filter.rule.PlainRequest;
import io.thr.filter.rule.RateKeyPart;
import io.thr.filter.rule.RateLimit;
import io.thr.filter.rule.Rules;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What stands under {@code rate_limit} in a file. */
class RateLimitConfigTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final String PLAIN = "name: p, key: [{ header: T }], algorithm: fixed-window, quota: 5, window: 60s";
    private static final String BUCKET =
            "name: p, key: [{ header: T }], algorithm: token-bucket, quota: 5, window: 60s";

    private static RateLimit plain() {
        return by(fixed().build(), header("T"));
    }

    private static RatePolicy.Builder fixed() {
        return named("p", FIXED_WINDOW, 5, MINUTE);
    }

    private static RatePolicy.Builder bucket() {
        return named("p", TOKEN_BUCKET, 5, MINUTE);
    }

    /** A policy as a file has it, and the same in Java. */
    static List<Arguments> policies() {
        return List.of(
                arguments(PLAIN, plain()),
                arguments(
                        "name: p, key: real_ip, algorithm: sliding-window, quota: 0, window: 10ms",
                        by(named("p", SLIDING_WINDOW, 0, Duration.ofMillis(10)).build(), realIp())),
                arguments(BUCKET, by(bucket().build(), header("T"))),
                arguments(BUCKET + ", burst: 2", by(bucket().burst(2).build(), header("T"))),
                arguments(PLAIN + ", on_exceeded: reject", plain()),
                arguments(
                        BUCKET + ", on_exceeded: delay",
                        by(bucket().delay(Duration.ofSeconds(1)).build(), header("T"))),
                arguments(
                        BUCKET + ", on_exceeded: delay, max_delay: 2500ms",
                        by(bucket().delay(Duration.ofMillis(2500)).build(), header("T"))),
                arguments(
                        PLAIN + ", on_exceeded: queue, queue: q",
                        by(fixed().onExceeded(QUEUE).build(), header("T")).toQueue("q")),
                arguments(PLAIN + ", shadow: true", by(fixed().shadow(true).build(), header("T"))),
                arguments(
                        BUCKET + ", shadow: true, on_exceeded: delay, max_delay: 5s",
                        by(bucket().shadow(true).delay(Duration.ofSeconds(5)).build(), header("T"))),
                arguments(PLAIN + ", max_keys: 7", by(fixed().maxKeys(7).build(), header("T"))),
                arguments(PLAIN + ", lease: 20", by(fixed().lease(20).build(), header("T"))),
                arguments(PLAIN + ", cost: 3", plain().cost(3)),
                arguments(PLAIN + ", live: true", plain().live()),
                arguments(PLAIN + ", settle: { header: X-Cost }", plain().settledBy("X-Cost")),
                arguments(PLAIN + ", refund_on: 404", plain().refundedOn(status -> status == 404)),
                arguments(
                        PLAIN + ", refund_on: [404, 5xx]",
                        plain().refundedOn(status -> status == 404 || status / 100 == 5)),
                arguments(PLAIN + ", body: zu viel", plain().body("text/plain", "zu viel")),
                arguments(
                        PLAIN + ", body: \"{}\", content_type: application/json",
                        plain().body("application/json", "{}")),
                arguments(
                        PLAIN + ", overrides: [{ key: gold, quota: 50 }, { key: [null], quota: 0 }]",
                        plain().override(RateQuota.of(50), "gold").override(RateQuota.of(0), (String) null)),
                arguments(
                        BUCKET + ", overrides: { key: gold, quota: 50, burst: 9 }",
                        by(bucket().build(), header("T")).override(new RateQuota(50, 9), "gold")),
                arguments(
                        BUCKET + ", burst: 3, refund_on: 5xx, overrides: { key: gold, quota: 50 }",
                        by(bucket().burst(3).build(), header("T"))
                                .override(RateQuota.of(50), "gold")
                                .refundedOn(status -> status / 100 == 5)),
                arguments(
                        "name: p, key: [], algorithm: fixed-window, quota: 5, window: 60s, overrides: { key: [], quota: 1 }",
                        by(fixed().build()).override(RateQuota.of(1))));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void a_file_and_java_give_the_same_policy(String yaml, RateLimit java) {
        assertThat(told(only(rateLimit("{ " + yaml + " }"))), is(told(java)));
    }

    /** All that a policy does and is. */
    private static List<Object> told(RateLimit limit) {
        List<List<String>> keys = List.of(
                List.of(), List.of("gold"), List.of("other"), Arrays.asList((String) null), List.of("gold", "gold"));
        return List.of(
                limit.policy(),
                limit.key().toString(),
                limit.costOf(PlainRequest.get("/").exchange()),
                keys.stream().map(limit::policyOf).toList(),
                keys.stream().map(limit::isOverridden).toList(),
                limit.isLive(),
                String.valueOf(limit.costHeader()),
                IntStream.range(100, 600)
                        .mapToObj(status -> limit.settledCost(10, status, "7"))
                        .toList(),
                String.valueOf(limit.queue()),
                String.valueOf(limit.body()));
    }

    @Test
    void every_part_of_a_key_is_read() {
        PlainRequest request = PlainRequest.get("/path?q=arg%20ument")
                .withMethod("PUT")
                .withHost("Example.com:81")
                .withIps("10.0.0.1", "2001:db8::1")
                .withUser("eve")
                .withHeader("X-Tenant", "gold")
                .withHeader("Cookie", "session=abc");
        RateLimit limit = only(rateLimit("""
                { name: p, algorithm: fixed-window, quota: 5, window: 60s, key: [remote_ip, real_ip, principal, path, host, method,
                  { header: X-Tenant }, { cookie: session }, { query: q }, { header: X-None }] }
                """));

        List<String> values =
                limit.key().stream().map(part -> part.of(request.exchange())).toList();

        assertThat(
                values,
                contains(
                        "10.0.0.1",
                        "2001:db8::1",
                        "eve",
                        "/path",
                        "example.com",
                        "PUT",
                        "gold",
                        "abc",
                        "arg ument",
                        null));
        assertThat(
                limit.key().stream().map(RateKeyPart::isAddress).toList(),
                contains(true, true, false, false, false, false, false, false, false, false));
    }

    @Test
    void rules_share_a_policy_by_its_name() {
        Rules rules = parse("""
                rules:
                - when: { path: /a }
                  then: { rate_limit: [{ %s }, { name: second, key: [], algorithm: fixed-window, quota: 1, window: 1s }] }
                - when: { path: /b }
                  then: { rate_limit: second }
                - when: { path: /b }
                  then: { rate_limit: [second, p] }
                """.formatted(PLAIN)).rules();
        List<RateLimit> all = rules.rateLimits();
        assertThat(all.stream().map(RateLimit::toString).toList(), contains("p by [header T]", "second by []"));

        var exchange = PlainRequest.get("/b").exchange();
        rules.applyInput(exchange).join();

        assertThat(exchange.rateLimits(), is(List.of(all.get(1), all.get(0))));
        assertThat(exchange.rateLimits().get(1), sameInstance(all.get(0)));
    }

    @Test
    void an_override_of_an_address_is_that_of_what_it_counts_as() {
        RateLimit limit = only(parse("""
                ipv6_prefix: 56
                rules:
                - then:
                    rate_limit:
                      { name: p, key: [real_ip], algorithm: fixed-window, quota: 5, window: 60s,
                        overrides: [{ key: 10.0.0.1, quota: 1 }, { key: "2001:db8:0:100::/56", quota: 2 }] }
                """));
        assertThat(limit.policyOf(List.of("10.0.0.1")).quota(), is(1L));
        assertThat(limit.policyOf(List.of("2001:db8:0:100::/56")).quota(), is(2L));
    }

    // ---- mistakes

    /** What is wrong in one policy, and what is said of it; columns count from the bracket. */
    static List<Arguments> mistakes() {
        return List.of(
                arguments(
                        "{ key: [], algorithm: fixed-window, quota: 5, window: 60s }",
                        List.of("3:17: missing key `name`")),
                arguments(
                        "{ name: p, algorithm: fixed-window, quota: 5, window: 60s }",
                        List.of("3:17: missing key `key`")),
                arguments("{ name: p, key: [], quota: 5, window: 60s }", List.of("3:17: missing key `algorithm`")),
                arguments(
                        "{ name: p, key: [], algorithm: fixed-window, window: 60s }",
                        List.of("3:17: missing key `quota`")),
                arguments(
                        "{ name: p, key: [], algorithm: fixed-window, quota: 5 }",
                        List.of("3:17: missing key `window`")),
                arguments(
                        "{}",
                        List.of(
                                "3:17: missing key `name`",
                                "3:17: missing key `key`",
                                "3:17: missing key `algorithm`",
                                "3:17: missing key `quota`",
                                "3:17: missing key `window`")),
                arguments(
                        "{ name: a b, key: [], algorithm: fixed-window, quota: 5, window: 60s }",
                        List.of("3:17: name: a b (expected: 1 to 64 letters, digits, dots, hyphens, underscores)")),
                arguments(
                        "{ name: p, key: [], algorithm: leaky-bucket, quota: 5, window: 60s }",
                        List.of(
                                "3:48: algorithm: leaky-bucket (expected: fixed-window, sliding-window, token-bucket)")),
                arguments(
                        "{ name: p, key: [], algorithm: token_bucket, quota: 5, window: 60s }",
                        List.of(
                                "3:48: algorithm: token_bucket (expected: fixed-window, sliding-window, token-bucket)")),
                arguments(
                        "{ name: p, key: [], algorithm: fixed-window, quota: -1, window: 9ms }",
                        List.of(
                                "3:69: quota: -1 (expected: a whole number from 0 to 1000000000)",
                                "3:81: window: 9ms (expected: at least 10ms)")),
                arguments(
                        "{ name: p, key: [], algorithm: fixed-window, quota: many, window: minute }",
                        List.of(
                                "3:69: quota: many (expected: a whole number from 0 to 1000000000)",
                                "3:83: window: minute (expected: a duration such as 300s, 50ms or 5m)")),
                arguments(
                        "{ name: p, key: [], algorithm: fixed-window, quota: 5, window: 46d }",
                        List.of("3:17: window: PT1104H (expected: 10 ms to 45 days)")),
                arguments(
                        "{ name: p, key: [], algorithm: sliding-window, quota: 100001, window: 60s }",
                        List.of(
                                "3:17: quota: 100001 (expected: at most 100000 with a sliding-window, which remembers each"
                                        + " request)")),
                arguments(
                        "{ name: p, key: [], algorithm: token-bucket, quota: 10001, window: 10ms }",
                        List.of("3:17: quota: 10001 (expected: at most a million tokens a second)")),
                arguments(
                        "{ " + PLAIN + ", burst: 3 }",
                        List.of("3:17: burst: 3 (expected: none: only a token-bucket has one)")),
                arguments(
                        "{ " + PLAIN + ", max_delay: 2s }",
                        List.of("3:109: max_delay: 2s (expected: none, unless on_exceeded is delay)")),
                arguments(
                        "{ " + PLAIN + ", on_exceeded: delay, max_delay: 11m }",
                        List.of("3:17: max_delay: PT11M (expected: 0 to 10 minutes)")),
                arguments(
                        "{ " + PLAIN + ", on_exceeded: delay, max_delay: 0 }",
                        List.of("3:129: max_delay: 0 (expected: at least 1ms)")),
                arguments(
                        "{ " + PLAIN + ", on_exceeded: dely, max_delay: 2s }",
                        List.of(
                                "3:111: on_exceeded: dely (expected: reject or delay or queue; did you mean `delay`?)")),
                arguments(
                        "{ " + PLAIN + ", queue: q }",
                        List.of("3:17: p: queue: q (expected: none, as on_exceeded is reject)")),
                arguments(
                        "{ " + PLAIN + ", on_exceeded: delay, queue: q }",
                        List.of("3:17: p: queue: q (expected: none, as on_exceeded is delay)")),
                arguments(
                        "{ " + PLAIN + ", on_exceeded: queue, queue: \"\" }",
                        List.of("3:17: queue: \"\" (expected: not empty)")),
                arguments(
                        "{ " + PLAIN + ", on_exceeded: delay, lease: 5 }",
                        List.of("3:17: lease: 5 (expected: 0, unless on_exceeded is reject and shadow is off)")),
                arguments(
                        "{ " + PLAIN + ", shadow: true, lease: 5 }",
                        List.of("3:17: lease: 5 (expected: 0, unless on_exceeded is reject and shadow is off)")),
                arguments(
                        "{ " + PLAIN + ", shadow: 1, max_keys: 0, lease: 10001, cost: -1, live: maybe }",
                        List.of(
                                "3:106: shadow: 1 (expected: true or false)",
                                "3:119: max_keys: 0 (expected: a whole number from 1 to 2147483647)",
                                "3:129: lease: 10001 (expected: a whole number from 0 to 10000)",
                                "3:142: cost: -1 (expected: a whole number from 0 to 1000000000)",
                                "3:152: live: maybe (expected: true or false)")),
                arguments("{ " + PLAIN + ", settle: X-Cost }", List.of("3:106: settle: X-Cost (expected: a mapping)")),
                arguments(
                        "{ " + PLAIN + ", settle: { heder: X-Cost } }",
                        List.of(
                                "3:106: missing key `header`",
                                "3:108: unknown key `heder` (expected one of: header; did you mean `header`?)")),
                arguments(
                        "{ " + PLAIN + ", settle: { header: X Cost } }",
                        List.of("3:17: header name: X Cost (expected: letters, digits, !#$%&'*+-.^_`|~)")),
                arguments(
                        "{ " + PLAIN + ", refund_on: [404, 5XX, 600, 40, error] }",
                        List.of(
                                "3:115: refund_on: 5XX (expected: a status such as 404, or 5xx)",
                                "3:120: refund_on: 600 (expected: a status such as 404, or 5xx)",
                                "3:125: refund_on: 40 (expected: a status such as 404, or 5xx)",
                                "3:129: refund_on: error (expected: a status such as 404, or 5xx)")),
                arguments(
                        "{ " + PLAIN + ", refund_on: [] }",
                        List.of("3:109: refund_on: an empty list (expected: at least one value)")),
                arguments(
                        "{ " + PLAIN + ", content_type: text/html }",
                        List.of("3:112: content_type: text/html (expected: none, unless there is a body)")),
                arguments(
                        "{ " + PLAIN + ", body: no, content_type: \"a\\nb\" }",
                        List.of(
                                "3:17: content_type: a\\u000ab (expected: no control characters, and none above U+00FF)")),
                arguments(
                        "{ name: p, key: [ip, { heder: X }, { header: a b }, { header: A, query: b }], algorithm: fixed-window,"
                                + " quota: 5, window: 60s }",
                        List.of(
                                "3:34: key: ip (expected: remote_ip, real_ip, principal, path, host, method, or one of header,"
                                        + " cookie, query with a name)",
                                "3:38: key: a mapping (expected: one of header, cookie, query with a name)",
                                "3:40: unknown key `heder` (expected one of: header, cookie, query; did you mean `header`?)",
                                "3:62: header name: a b (expected: letters, digits, !#$%&'*+-.^_`|~)",
                                "3:69: key: a mapping (expected: one of header, cookie, query with a name)")),
                arguments(
                        "{ " + PLAIN + ", overrides: [{ key: [a, b], quota: 1 }] }",
                        List.of("3:110: p: key: 2 values (expected: 1, as the key has parts)")),
                arguments(
                        "{ " + PLAIN + ", overrides: [{ key: [], quota: 1 }] }",
                        List.of("3:110: p: key: 0 values (expected: 1, as the key has parts)")),
                arguments(
                        "{ " + PLAIN + ", overrides: [{ kei: gold, quota: 1 }, { key: gold }] }",
                        List.of(
                                "3:110: missing key `key`",
                                "3:112: unknown key `kei` (expected one of: key, quota, burst; did you mean `key`?)",
                                "3:135: missing key `quota`")),
                arguments(
                        "{ " + PLAIN + ", overrides: [{ key: gold, quota: 1, burst: 2 }] }",
                        List.of("3:110: burst: 2 (expected: none: only a token-bucket has one)")),
                arguments(
                        "{ " + BUCKET + ", overrides: [{ key: gold, quota: 900000000 }] }",
                        List.of("3:110: quota: 900000000 (expected: at most a million tokens a second)")),
                arguments(
                        "{ " + PLAIN + ", overrides: [{ key: gold, quota: 1 }, { key: [gold], quota: 2 }] }",
                        List.of("3:142: key: [gold] has a quota already (expected: each key once)")),
                arguments(
                        "{ name: p, key: real_ip, algorithm: fixed-window, quota: 5, window: 60s, overrides: [{ key: \"2001:DB8::1\","
                                + " quota: 1 }, { key: 10.0.0.0/8, quota: 1 }, { key: gold, quota: 1 }] }",
                        List.of(
                                "3:109: key: 2001:DB8::1 (expected: 2001:db8::/64, as it is counted by ipv6_prefix: 64)",
                                "3:143: key: 10.0.0.0/8 (expected: 10.0.0.0, as it is counted by ipv6_prefix: 64)",
                                "3:174: key: gold (expected: an IP address such as 10.0.0.1, as it is counted by ipv6_prefix: 64)")),
                arguments(
                        "{ " + PLAIN + ", qouta: 5 }",
                        List.of(
                                "3:98: unknown key `qouta` (expected one of: name, key, algorithm, quota, window, burst,"
                                        + " on_exceeded, max_delay, shadow, max_keys, lease, cost, live, settle, refund_on, queue, body,"
                                        + " content_type, overrides; did you mean `quota`?)")),
                arguments(
                        "ping",
                        List.of(
                                "3:17: rate_limit: ping (expected: a mapping with name, key, algorithm, quota and window, or the"
                                        + " name of a policy above: [])")),
                arguments("[]", List.of("3:17: rate_limit: an empty list (expected: at least one value)")),
                arguments("null", List.of("3:17: rate_limit: null (expected: a text)")));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void a_mistake_is_told_with_its_place_and_the_remedy(String yaml, List<String> problems) {
        assertThat(problems("rules:\n- then:\n    rate_limit: " + yaml + "\n"), equalTo(problems));
    }

    @Test
    void a_name_that_is_not_above_is_told_with_those_that_are() {
        assertThat(
                problems("""
                        rules:
                        - then: { rate_limit: [{ %s }, q, pp] }
                        - then: { rate_limit: { name: q, key: [], algorithm: fixed-window, quota: 1, window: 1s } }
                        """.formatted(PLAIN)),
                contains(
                        "2:107: rate_limit: q (expected: a mapping with name, key, algorithm, quota and window, or the name of a"
                                + " policy above: [p])",
                        "2:110: rate_limit: pp (expected: a mapping with name, key, algorithm, quota and window, or the name of a"
                                + " policy above: [p])"));
    }

    @Test
    void whoever_refers_to_a_wrong_policy_is_not_told_again() {
        assertThat(
                problems("""
                        rules:
                        - then: { rate_limit: { name: ping, key: [ip], algorithm: fixed-window, quota: 1, window: 1s } }
                        - then: { rate_limit: ping }
                        """),
                contains("2:43: key: ip (expected: remote_ip, real_ip, principal, path, host, method, or one of header,"
                        + " cookie, query with a name)"));
    }

    @Test
    void a_name_that_stands_for_two_policies_is_told_with_its_first_line() {
        assertThat(
                problems("""
                        rules:
                        - then:
                            rate_limit: { %s }
                        - then:
                            rate_limit:
                              - name: p
                                key: []
                                algorithm: fixed-window
                                quota: 1
                                window: 1s
                        """.formatted(PLAIN)),
                contains(
                        "6:9: rate policy `p` is defined twice (first at line 3; to use it here as well, write its name alone)"));
    }

    @Test
    void mistakes_of_a_file_all_come_with_its_name() {
        ConfigException refusal =
                assertThrows(ConfigException.class, () -> rateLimit("{ " + PLAIN + ", burst: 1, typo: 2 }"));
        assertThat(refusal.problems().stream().map(Problem::file).toList(), contains("front.yaml", "front.yaml"));
        assertThat(String.valueOf(refusal.getMessage()).startsWith("front.yaml:3:17: burst: 1"), is(true));
    }

    @Test
    void a_policy_that_queues_to_nowhere_is_warned_of() {
        String queues = "rules:\n- then: { rate_limit: { " + PLAIN + ", on_exceeded: queue } }\n";
        assertThat(
                Logged.by(ConfigDocument.class, () -> parse(queues)),
                contains(
                        "WARNING front.yaml:2:117: on_exceeded: queue, but neither the policy nor default_queue names one: what"
                                + " exceeds it passes, unless a rule sets a queue"));
        assertThat(Logged.by(ConfigDocument.class, () -> parse("default_queue: q\n" + queues)), is(empty()));
    }

    @Test
    void what_an_override_cannot_have_is_refused_in_java_too() {
        RateLimit limit = plain();
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> limit.override(new RateQuota(5, 2), "gold"))
                        .getMessage(),
                is("burst: 2 (expected: none: only a token-bucket has one)"));
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> limit.override(RateQuota.of(5), "a", "b"))
                        .getMessage(),
                is("p: key: 2 values (expected: 1, as the key has parts)"));
        assertThat(
                assertThrows(
                                IllegalArgumentException.class,
                                () -> fixed().lease(1)
                                        .onExceeded(OnExceeded.QUEUE)
                                        .build())
                        .getMessage(),
                is("lease: 1 (expected: 0, unless on_exceeded is reject and shadow is off)"));
    }

    private static FilterSettings parse(String text) {
        return FrontSchemaTest.SCHEMA.agreesOn(text, FilterConfig.parse("front.yaml", text, Map.of()));
    }

    private static FilterSettings rateLimit(String yaml) {
        return parse("rules:\n- then:\n    rate_limit: " + yaml + "\n");
    }

    private static RateLimit only(FilterSettings settings) {
        List<RateLimit> all = settings.rules().rateLimits();
        assertThat(all.size(), is(1));
        return all.get(0);
    }

    private static List<String> problems(String text) {
        return assertThrows(ConfigException.class, () -> parse(text)).problems().stream()
                .map(problem -> problem.line() + ":" + problem.column() + ": " + problem.message())
                .toList();
    }
}
