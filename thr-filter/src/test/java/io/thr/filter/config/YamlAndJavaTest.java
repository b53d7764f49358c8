package io.thr.filter.config;

import static io.thr.core.match.TextPattern.any;
import static io.thr.core.match.TextPattern.anyOf;
import static io.thr.core.match.TextPattern.diff;
import static io.thr.core.match.TextPattern.exact;
import static io.thr.core.match.TextPattern.glob;
import static io.thr.core.match.TextPattern.regexp;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;

import io.thr.core.message.Headers;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.PlainRequest;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.Rules;
import io.thr.filter.rule.SignOfLife;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same rules, once from a file and once from Java, do the same to the same requests. */
class YamlAndJavaTest {

    private static final Rules YAML =
            FilterConfig.parse("f.yaml", """
                    rules:
                    - name: everything
                      then:
                        set_input_header: { X-Seen: "1", X-Env: "${ENV}" }
                        set_custom_value: { from: rule }
                        set_output_header: { X-Out: "1" }
                    - when: { path: /exact }
                      then: { set_redis_queue: q1, set_input_priority: 150 }
                    - when: { path: [/one, { glob: ["/two/*", "/three?"] }] }
                      then: { set_redis_queue: q2, set_redis_host: h, set_redis_port: 6380, set_redis_uds: /s }
                    - when: { path: { regexp: "/r[0-9]+" }, method: [PUT, POST] }
                      then: { set_path: "/n%20ew", set_method: GET, set_host: "other:81", set_remote_ip: "::FFFF:192.0.2.9" }
                    - when: { path: "/n ew", host: other, remote_ip: 192.0.2.0/24, real_ip: { diff: 10.0.0.1 } }
                      then: { set_input_body: é, set_status_code: 202, on_redis_failure: open }
                      stop: true
                    - when: { method: { diff: [GET, PUT, POST] } }
                      then: { set_status_code: 405, set_output_body: no, add_output_header: { Allow: [GET, PUT] } }
                    - when: { header: { X-Tenant: { glob: "a*" }, X-Must: { any: true } } }
                      then: { add_input_header: { X-Tenant: [b, c] }, del_input_header: [X-Must, X-None] }
                    - when: { query: { a: "1" } }
                      then:
                        set_query_string_arg: { a: "2" }
                        add_query_string_arg: { b: [x, "y z"] }
                        del_query_string_arg: [c, { name: D, case_insensitive: true }]
                    - when: { cookie: { s: { regexp: "[0-9]+$" } } }
                      then: { set_query_string: "from=cookie", del_custom_value: from }
                    - when: { content_type: application/json, scheme: https }
                      then: { set_redis_queue: "null", set_output_default_body: none }
                    - when: { principal: eve, role: [admin, boss] }
                      then: { set_redis_queue: null, set_status_code: null, set_output_default_body: null }
                    - when: { path: /events }
                      then: { sign_of_life: events }
                    - when: { path: /interim }
                      then: { sign_of_life: { as: interim, every: 3s } }
                    - when: { any: [{ path: /any1 }, { path: /any2, not: { method: GET } }] }
                      then: { del_output_header: X-Out }
                    """, Map.of("ENV", "test")).rules();

    private static final Rules JAVA = new RuleList()
            .add(
                    when(),
                    then().setInputHeader("X-Seen", "1")
                            .setInputHeader("X-Env", "test")
                            .setCustomValue("from", "rule")
                            .setOutputHeader("X-Out", "1"))
            .add(when().path("/exact"), then().setRedisQueue("q1").setInputPriority(150))
            .add(
                    when().path(anyOf(List.of(exact("/one"), glob("/two/*", "/three?")))),
                    then().setRedisQueue("q2")
                            .setRedisHost("h")
                            .setRedisPort(6380)
                            .setRedisUds("/s"))
            .add(
                    when().path(regexp("/r[0-9]+")).method("PUT", "POST"),
                    then().setPath("/n%20ew")
                            .setMethod("GET")
                            .setHost("other:81")
                            .setRemoteIp("192.0.2.9"))
            .add(
                    when().path("/n ew").host("other").remoteIp("192.0.2.0/24").realIp(diff("10.0.0.1")),
                    then().setInputBody("é").setStatusCode(202).onRedisFailure(OnRedisFailure.OPEN),
                    true)
            .add(
                    when().method(diff("GET", "PUT", "POST")),
                    then().setStatusCode(405)
                            .setOutputBody("no")
                            .addOutputHeader("Allow", "GET")
                            .addOutputHeader("Allow", "PUT"))
            .add(
                    when().header("X-Tenant", glob("a*")).header("X-Must", any()),
                    then().addInputHeader("X-Tenant", "b")
                            .addInputHeader("X-Tenant", "c")
                            .delInputHeader("X-Must")
                            .delInputHeader("X-None"))
            .add(
                    when().query("a", "1"),
                    then().setQueryStringArg("a", "2")
                            .addQueryStringArg("b", "x")
                            .addQueryStringArg("b", "y z")
                            .delQueryStringArg("c")
                            .delQueryStringArg("D", true))
            .add(
                    when().cookie("s", regexp("[0-9]+$")),
                    then().setQueryString("from=cookie").delCustomValue("from"))
            .add(
                    when().contentType("application/json").scheme("https"),
                    then().setRedisQueue("null").setOutputDefaultBody("none"))
            .add(
                    when().principal("eve").role("admin", "boss"),
                    then().setRedisQueue("null").unsetStatusCode().unsetOutputDefaultBody())
            .add(when().path("/events"), then().signOfLife(SignOfLife.as(SignOfLife.As.EVENTS)))
            .add(
                    when().path("/interim"),
                    then().signOfLife(new SignOfLife(SignOfLife.As.INTERIM, Duration.ofSeconds(3))))
            .add(
                    when().any(when().path("/any1"), when().path("/any2").not(when().method("GET"))),
                    then().delOutputHeader("X-Out"))
            .compile();

    static List<PlainRequest> requests() {
        return List.of(
                PlainRequest.get("/"),
                PlainRequest.get("/exact"),
                PlainRequest.get("/one"),
                PlainRequest.get("/two/x"),
                PlainRequest.get("/three3"),
                PlainRequest.get("/r12/x").withMethod("PUT"),
                PlainRequest.get("/r12/x"),
                PlainRequest.get("/x").withMethod("DELETE"),
                PlainRequest.get("/x").withHeader("X-Tenant", "a1").withHeader("X-Must", ""),
                PlainRequest.get("/x").withHeader("X-Tenant", "a1"),
                PlainRequest.get("/x?a=1&c=2&d=3&e=%20"),
                PlainRequest.get("/x").withHeader("Cookie", "s=123"),
                PlainRequest.get("/x")
                        .withScheme("https")
                        .withHeader("Content-Type", "application/json; charset=utf-8"),
                PlainRequest.get("/x").withMethod("DELETE").withUser("eve", "boss"),
                PlainRequest.get("/events"),
                PlainRequest.get("/interim"),
                PlainRequest.get("/any1"),
                PlainRequest.get("/any2"),
                PlainRequest.get("/any2").withMethod("POST"));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void a_file_and_java_do_the_same(PlainRequest request) {
        assertThat(outcome(YAML, request), is(outcome(JAVA, request)));
    }

    @Test
    void the_requests_reach_different_rules() {
        long outcomes = requests().stream()
                .map(request -> outcome(JAVA, request))
                .distinct()
                .count();
        assertThat(outcomes, is(greaterThan(13L)));
    }

    private static List<String> outcome(Rules rules, PlainRequest request) {
        Exchange exchange = request.exchange();
        rules.applyInput(exchange).join();
        exchange.response(200, Headers.of("X-Upstream", "1"), null);
        rules.applyOutput(exchange).join();
        return List.of(
                "method " + exchange.method(),
                "path " + exchange.path() + " raw " + exchange.rawPath(),
                "query " + exchange.queryString(),
                "host " + exchange.host(),
                "ips " + exchange.remoteIp() + " " + exchange.realIp(),
                "headers " + exchange.headers(),
                "body " + text(exchange.inputBody()),
                "priority " + exchange.priority(),
                "queue " + exchange.redisQueue(),
                "redis " + exchange.redisHost() + " " + exchange.redisPort() + " " + exchange.redisUds(),
                "status " + exchange.statusCode(),
                "on failure " + exchange.onRedisFailure(),
                "sign of life " + exchange.signOfLife(),
                "note " + exchange.customValue("from"),
                "changed " + exchange.requestChanged(),
                "response " + exchange.responseStatus() + " " + exchange.responseHeaders(),
                "response body " + text(exchange.responseBody()) + " " + text(exchange.outputDefaultBody()));
    }

    private static String text(byte @Nullable [] body) {
        return body == null ? "none" : new String(body, StandardCharsets.UTF_8);
    }
}
