package io.thr.filter.rule;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasToString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.message.Headers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ActionsTest {

    private static final PlainRequest REQUEST = PlainRequest.get("/p?a=1&b=2&a=3")
            .withHeader("X-A", "1")
            .withHeader("X-B", "2")
            .withHeader("x-a", "3");

    // ---- request side, by value

    @Test
    void set_input_header_replaces_all_of_that_name() {
        Exchange exchange = after(then().setInputHeader("X-A", "new").setInputHeader("X-C", "c"));
        assertThat(exchange.headers(), is(Headers.of("X-A", "new", "x-b", "2", "X-C", "c")));
        assertThat(exchange.header("x-a"), is("new"));
        assertThat(exchange.headerValues("X-A"), contains("new"));
        assertThat(exchange.requestChanged(), is(true));
    }

    @Test
    void add_input_header_keeps_those_of_that_name() {
        assertThat(after(then().addInputHeader("X-A", "4")).headerValues("x-a"), contains("1", "3", "4"));
    }

    @Test
    void del_input_header_removes_all_of_that_name() {
        Exchange exchange = after(then().delInputHeader("X-a").delInputHeader("X-None"));
        assertThat(exchange.headers(), is(Headers.of("x-b", "2")));
        assertThat(exchange.headerValues("X-A"), is(empty()));
    }

    @Test
    void set_path_changes_what_is_matched_and_what_is_sent() {
        Exchange exchange = after(then().setPath("/x%20y/./z"));
        assertThat(exchange.path(), is("/x y/z"));
        assertThat(exchange.rawPath(), is("/x%20y/./z"));
    }

    @Test
    void set_method() {
        assertThat(after(then().setMethod("PURGE")).method(), is("PURGE"));
    }

    @Test
    void set_host_leaves_the_header() {
        Exchange exchange = after(then().setHost("Other.example:81"));
        assertThat(exchange.host(), is("Other.example:81"));
        assertThat(exchange.hostName(), is("other.example"));
        assertThat(exchange.header("Host"), is(nullValue()));
    }

    @Test
    void set_remote_ip_is_canonical_and_the_real_ip_follows() {
        Exchange exchange = after(then().setRemoteIp("2001:DB8:0::1"));
        assertThat(exchange.remoteIp(), is("2001:db8::1"));
        assertThat(exchange.realIp(), is("2001:db8::1"));
    }

    @Test
    void set_remote_ip_leaves_a_real_ip_that_a_proxy_told() {
        Exchange exchange = REQUEST.withIps("10.0.0.1", "192.0.2.1").exchange();
        exchange.setRemoteIp("10.0.0.2");
        assertThat(exchange.realIp(), is("192.0.2.1"));
    }

    @Test
    void set_input_body() {
        assertThat(after(then().setInputBody("é")).inputBody(), is("é".getBytes(UTF_8)));
        assertThat(after(then().setInputBody(new byte[] {1, 2})).inputBody(), is(new byte[] {1, 2}));
        assertThat(after(then().setInputBody("")).inputBody(), is(new byte[0]));
    }

    @Test
    void set_query_string() {
        assertThat(after(then().setQueryString("x=%20&y")).queryString(), is("x=%20&y"));
        assertThat(after(then().setQueryString("")).queryString(), is(nullValue()));
    }

    @Test
    void query_arguments_are_changed_one_by_one() {
        assertThat(after(then().addQueryStringArg("a", "4 é&")).queryString(), is("a=1&b=2&a=3&a=4%20%C3%A9%26"));
        assertThat(after(then().setQueryStringArg("a", "4")).queryString(), is("a=4&b=2"));
        assertThat(after(then().setQueryStringArg("c", "4")).queryString(), is("a=1&b=2&a=3&c=4"));
        assertThat(after(then().delQueryStringArg("a")).queryString(), is("b=2"));
        assertThat(after(then().delQueryStringArg("A")).queryString(), is("a=1&b=2&a=3"));
        assertThat(after(then().delQueryStringArg("A", true)).queryString(), is("b=2"));
        assertThat(after(then().delQueryStringArg("a").delQueryStringArg("b")).queryString(), is(nullValue()));
        assertThat(after(then().addQueryStringArg("c", "")).queryArgs("c"), contains(""));
        assertThat(
                after(PlainRequest.get("/"), then().addQueryStringArg("a", "1")).queryString(), is("a=1"));
    }

    @Test
    void other_query_arguments_keep_their_bytes() {
        assertThat(
                after(PlainRequest.get("/?x=%7e&&%zz=+&y"), then().setQueryStringArg("n", "1"))
                        .queryString(),
                is("x=%7e&&%zz=+&y&n=1"));
    }

    @Test
    void set_input_priority_is_brought_into_its_range() {
        assertThat(REQUEST.exchange().priority(), is(50));
        assertThat(after(then().setInputPriority(10)).priority(), is(10));
        assertThat(after(then().setInputPriority(0)).priority(), is(1));
        assertThat(after(then().setInputPriority(100)).priority(), is(99));
    }

    @Test
    void the_queue_and_its_redis_are_set() {
        Exchange exchange = after(then().setRedisQueue("q")
                .setRedisHost("h")
                .setRedisPort(6380)
                .setRedisUds("/s")
                .onRedisFailure(OnRedisFailure.OPEN));
        assertThat(exchange.redisQueue(), is("q"));
        assertThat(exchange.redisHost(), is("h"));
        assertThat(exchange.redisPort(), is(6380));
        assertThat(exchange.redisUds(), is("/s"));
        assertThat(exchange.onRedisFailure(), is(OnRedisFailure.OPEN));
        assertThat(exchange.requestChanged(), is(false));
    }

    @Test
    void what_no_rule_set_is_null() {
        Exchange exchange = REQUEST.exchange();
        assertThat(exchange.redisQueue(), is(nullValue()));
        assertThat(exchange.redisHost(), is(nullValue()));
        assertThat(exchange.redisPort(), is(nullValue()));
        assertThat(exchange.redisUds(), is(nullValue()));
        assertThat(exchange.onRedisFailure(), is(nullValue()));
        assertThat(exchange.statusCode(), is(nullValue()));
        assertThat(exchange.inputBody(), is(nullValue()));
        assertThat(exchange.outputDefaultBody(), is(nullValue()));
        assertThat(exchange.requestChanged(), is(false));
    }

    @Test
    void set_status_code_can_be_taken_back() {
        assertThat(after(then().setStatusCode(403)).statusCode(), is(403));
        assertThat(after(then().setStatusCode(403).unsetStatusCode()).statusCode(), is(nullValue()));
    }

    @Test
    void custom_values_are_kept_and_forgotten() {
        assertThat(after(then().setCustomValue("k", 5)).customValue("k"), is(5));
        assertThat(after(then().setCustomValue("k", 5).delCustomValue("k")).customValue("k"), is(nullValue()));
        assertThat(after(then().delCustomValue("k")).customValue("k"), is(nullValue()));
    }

    @Test
    void custom_input_does_what_it_likes() {
        assertThat(
                after(then().customInput(exchange -> exchange.setMethod("PUT"))).method(), is("PUT"));
        assertThat(
                after(then().customInputAsync(
                                        exchange -> CompletableFuture.runAsync(() -> exchange.setRedisQueue("later"))))
                        .redisQueue(),
                is("later"));
    }

    // ---- by function: what it gives is set, null does nothing

    private record Computed(
            String name, Function<Boolean, Actions> actions, Function<Exchange, @Nullable Object> read) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static <T> Function<Exchange, @Nullable T> giving(boolean something, Function<Exchange, T> function) {
        return exchange -> something ? function.apply(exchange) : null;
    }

    static List<Computed> computed() {
        return List.of(
                new Computed(
                        "set_input_header",
                        b -> then().setInputHeader("N", giving(b, Exchange::path)),
                        e -> e.header("N")),
                new Computed(
                        "add_input_header",
                        b -> then().addInputHeader("N", giving(b, Exchange::path)),
                        e -> e.header("N")),
                new Computed(
                        "del_input_header",
                        b -> then().delInputHeader(giving(b, e -> "X-A")),
                        e -> e.headerValues("X-A")),
                new Computed("set_path", b -> then().setPath(giving(b, e -> e.path() + "/x")), Exchange::path),
                new Computed("set_method", b -> then().setMethod(giving(b, e -> e.method() + "S")), Exchange::method),
                new Computed("set_host", b -> then().setHost(giving(b, e -> "h")), Exchange::host),
                new Computed("set_remote_ip", b -> then().setRemoteIp(giving(b, e -> "1.2.3.4")), Exchange::remoteIp),
                new Computed(
                        "set_input_body", b -> then().setInputBody(giving(b, e -> new byte[1])), Exchange::inputBody),
                new Computed(
                        "set_query_string", b -> then().setQueryString(giving(b, e -> "x")), Exchange::queryString),
                new Computed(
                        "add_query_string_arg",
                        b -> then().addQueryStringArg("n", giving(b, e -> "x")),
                        Exchange::queryString),
                new Computed(
                        "set_query_string_arg",
                        b -> then().setQueryStringArg("a", giving(b, e -> "x")),
                        Exchange::queryString),
                new Computed(
                        "del_query_string_arg",
                        b -> then().delQueryStringArg(giving(b, e -> "a")),
                        Exchange::queryString),
                new Computed("set_input_priority", b -> then().setInputPriority(giving(b, e -> 7)), Exchange::priority),
                new Computed("set_redis_queue", b -> then().setRedisQueue(giving(b, e -> "q")), Exchange::redisQueue),
                new Computed("set_redis_host", b -> then().setRedisHost(giving(b, e -> "q")), Exchange::redisHost),
                new Computed("set_redis_port", b -> then().setRedisPort(giving(b, e -> 1)), Exchange::redisPort),
                new Computed("set_redis_uds", b -> then().setRedisUds(giving(b, e -> "q")), Exchange::redisUds),
                new Computed("set_status_code", b -> then().setStatusCode(giving(b, e -> 201)), Exchange::statusCode),
                new Computed(
                        "on_redis_failure",
                        b -> then().onRedisFailure(giving(b, e -> OnRedisFailure.OPEN)),
                        Exchange::onRedisFailure),
                new Computed(
                        "sign_of_life",
                        b -> then().signOfLife(giving(b, e -> SignOfLife.as(SignOfLife.As.EVENTS))),
                        Exchange::signOfLife),
                new Computed(
                        "set_custom_value",
                        b -> then().setCustomValue("k", giving(b, e -> (Object) "v")),
                        e -> e.customValue("k")),
                new Computed(
                        "set_output_header",
                        b -> then().setOutputHeader("N", giving(b, Exchange::path)),
                        Exchange::responseHeaders),
                new Computed(
                        "add_output_header",
                        b -> then().addOutputHeader("R", giving(b, Exchange::path)),
                        Exchange::responseHeaders),
                new Computed(
                        "del_output_header",
                        b -> then().delOutputHeader(giving(b, e -> "R")),
                        Exchange::responseHeaders),
                new Computed(
                        "set_output_body",
                        b -> then().setOutputBody(giving(b, e -> new byte[1])),
                        Exchange::responseBody),
                new Computed(
                        "set_output_default_body",
                        b -> then().setOutputDefaultBody(giving(b, e -> new byte[1])),
                        Exchange::outputDefaultBody));
    }

    @ParameterizedTest
    @MethodSource("computed")
    void a_function_that_gives_null_does_nothing(Computed action) {
        Object before = action.read().apply(after(then()));
        Object untouched = action.read().apply(after(action.actions().apply(false)));
        assertThat(untouched, is(equalTo(before)));
    }

    @ParameterizedTest
    @MethodSource("computed")
    void a_function_gives_the_value(Computed action) {
        Object before = action.read().apply(after(then()));
        Object changed = action.read().apply(after(action.actions().apply(true)));
        assertThat(changed, is(org.hamcrest.Matchers.not(equalTo(before))));
    }

    @Test
    void the_name_of_an_action_is_that_of_a_file() {
        computed()
                .forEach(action -> assertThat(
                        action.actions().apply(true).toString(),
                        action.actions().apply(true).toString().contains("[" + action.name() + "]")));
    }

    // ---- response side

    @Test
    void output_actions_change_the_response() {
        Exchange exchange = after(then().setOutputHeader("R", "new")
                .addOutputHeader("S", "1")
                .addOutputHeader("S", "2")
                .delOutputHeader("T")
                .setOutputBody("body")
                .setOutputDefaultBody("default")
                .customOutput(e -> e.responseStatus(e.responseStatus() + 1)));
        assertThat(exchange.responseHeaders(), is(Headers.of("R", "new", "S", "1", "S", "2")));
        assertThat(exchange.responseBody(), is("body".getBytes(UTF_8)));
        assertThat(exchange.outputDefaultBody(), is("default".getBytes(UTF_8)));
        assertThat(exchange.responseStatus(), is(201));
    }

    @Test
    void output_actions_may_take_their_time() {
        Exchange exchange =
                after(then().customOutputAsync(e -> CompletableFuture.runAsync(() -> e.setOutputHeader("N", "1"))));
        assertThat(exchange.responseHeaders().first("N"), is("1"));
    }

    @Test
    void the_default_body_can_be_taken_back() {
        assertThat(
                after(then().setOutputDefaultBody("x").unsetOutputDefaultBody()).outputDefaultBody(), is(nullValue()));
    }

    @Test
    void output_actions_wait_for_the_response() {
        Exchange exchange = REQUEST.exchange();
        Rules rules = new RuleList().add(when(), then().setOutputBody("b")).compile();
        rules.applyInput(exchange).join();
        assertThat(exchange.responseBody(), is(nullValue()));
        assertThat(exchange.responseStatus(), is(0));
    }

    // ---- refusals

    @Test
    void a_wrong_value_is_refused_at_once() {
        assertRefused(
                () -> then().setInputHeader("a b", "c"),
                "header name: a b (expected: letters, digits, !#$%&'*+-.^_`|~)");
        assertRefused(
                () -> then().setInputHeader("A", "b\r\nC: d"),
                "A: b\\u000d\\u000aC: d (expected: no control characters, and none above U+00FF)");
        assertRefused(
                () -> then().addOutputHeader("A", "\0"),
                "A: \\u0000 (expected: no control characters, and none above U+00FF)");
        assertRefused(
                () -> then().setOutputHeader("A", "€"),
                "A: € (expected: no control characters, and none above U+00FF)");
        assertRefused(
                () -> then().delInputHeader(""), "header name: \"\" (expected: letters, digits, !#$%&'*+-.^_`|~)");
        assertRefused(() -> then().setPath("a"), "path: a (expected: a path that begins with /)");
        assertRefused(
                () -> then().setPath("/a/%2e%2e/b"),
                "path: /a/%2e%2e/b (expected: an unambiguous path; it has an encoded dot segment)");
        assertRefused(() -> then().setPath("/a?b"), "path: /a?b (expected: no ? and no #)");
        assertRefused(() -> then().setMethod("G T"), "method: G T (expected: letters, digits, !#$%&'*+-.^_`|~)");
        assertRefused(() -> then().setHost("a/b"), "host: a/b (expected: a host, or host:port)");
        assertRefused(() -> then().setHost(""), "host: \"\" (expected: a host, or host:port)");
        assertRefused(
                () -> then().setRemoteIp("localhost"),
                "address: localhost (expected: an IP address such as 10.0.0.1 or fd00::1)");
        assertRefused(
                () -> then().setQueryString("a b"),
                "query_string: a b (expected: no blanks, no control characters, no #)");
        assertRefused(() -> then().setRedisQueue(" "), "redis_queue:   (expected: not empty)");
        assertRefused(() -> then().setRedisHost(""), "redis_host: \"\" (expected: not empty)");
        assertRefused(() -> then().setRedisUds(""), "redis_uds: \"\" (expected: not empty)");
        assertRefused(() -> then().setRedisPort(0), "redis_port: 0 (expected: 1 to 65535)");
        assertRefused(() -> then().setRedisPort(65536), "redis_port: 65536 (expected: 1 to 65535)");
        assertRefused(() -> then().setStatusCode(100), "status_code: 100 (expected: 200 to 599)");
        assertRefused(() -> then().setStatusCode(600), "status_code: 600 (expected: 200 to 599)");
    }

    @Test
    void a_wrong_value_of_a_function_is_refused_when_it_comes() {
        Exchange exchange = REQUEST.exchange();
        assertRefused(
                () -> exchange.setInputHeader("A", "b\nc"),
                "A: b\\u000ac (expected: no control characters, and none above U+00FF)");
        assertRefused(() -> exchange.responseStatus(99), "status_code: 99 (expected: 200 to 599)");
        assertThat(exchange.requestChanged(), is(false));
    }

    @Test
    void adding_an_action_leaves_the_actions_as_they_were() {
        Actions first = then().setMethod("PUT");
        assertThat(first.setPath("/x"), hasToString("input: [set_method, set_path], output: []"));
        assertThat(first, hasToString("input: [set_method], output: []"));
    }

    /** The exchange after both sides of the rule, with a response that has something to change. */
    private static Exchange after(Actions actions) {
        return after(REQUEST, actions);
    }

    private static Exchange after(PlainRequest request, Actions actions) {
        Exchange exchange = request.exchange();
        Rules rules = new RuleList().add(when(), actions).compile();
        rules.applyInput(exchange).join();
        exchange.response(200, Headers.of("R", "1", "T", "1"), null);
        rules.applyOutput(exchange).join();
        return exchange;
    }

    private static void assertRefused(Executable making, String message) {
        assertThat(assertThrows(IllegalArgumentException.class, making).getMessage(), is(message));
    }
}
