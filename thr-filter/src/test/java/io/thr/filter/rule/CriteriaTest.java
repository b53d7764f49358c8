package io.thr.filter.rule;

import static io.thr.core.match.TextPattern.any;
import static io.thr.core.match.TextPattern.anyOf;
import static io.thr.core.match.TextPattern.diff;
import static io.thr.core.match.TextPattern.exact;
import static io.thr.core.match.TextPattern.glob;
import static io.thr.core.match.TextPattern.regexp;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.hasToString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class CriteriaTest {

    private static final PlainRequest ROOT = PlainRequest.get("/");

    @Test
    void no_criterion_matches_everything() {
        assertHolds(when(), ROOT);
    }

    @Test
    void path() {
        PlainRequest request = PlainRequest.get("/a%20b;v=1/c");
        assertHolds(when().path("/a b/c"), request);
        assertHolds(when().path("/x", "/a b/c"), request);
        assertHolds(when().path(glob("/a*")), request);
        assertHolds(when().path(regexp("/a .")), request);
        assertHolds(when().path(diff("/x")), request);
        assertHolds(when().path(any()), request);
        assertFails(when().path("/a%20b/c"), request);
        assertFails(when().path("/a b"), request);
        assertFails(when().path(diff("/a b/c", "/x")), request);
    }

    @Test
    void method_with_its_case() {
        PlainRequest request = ROOT.withMethod("POST");
        assertHolds(when().method("POST"), request);
        assertHolds(when().method("GET", "POST"), request);
        assertHolds(when().method(glob("P*")), request);
        assertHolds(when().method(diff("GET")), request);
        assertFails(when().method("post"), request);
        assertFails(when().method("GET"), request);
    }

    @Test
    void remote_ip_as_address_block_glob_regexp_and_diff() {
        PlainRequest request = ROOT.withIps("10.1.2.3", "192.0.2.1");
        assertHolds(when().remoteIp("10.1.2.3"), request);
        assertHolds(when().remoteIp("::ffff:10.1.2.3"), request);
        assertHolds(when().remoteIp("10.0.0.0/8"), request);
        assertHolds(when().remoteIp("fd00::/8", "10.1.0.0/16"), request);
        assertHolds(when().remoteIp(glob("10.1.*")), request);
        assertHolds(when().remoteIp(regexp("10\\.")), request);
        assertHolds(when().remoteIp(diff("10.1.2.4")), request);
        assertHolds(when().remoteIp(anyOf(List.of(exact("11.0.0.0/8"), glob("10.*")))), request);
        assertFails(when().remoteIp("192.0.2.1"), request);
        assertFails(when().remoteIp("11.0.0.0/8"), request);
        assertFails(when().remoteIp(diff("10.0.0.0/8")), request);
        assertFails(when().remoteIp(diff("11.0.0.0/8", "10.1.2.3")), request);
    }

    @Test
    void ipv6_addresses_match_however_they_are_written() {
        PlainRequest request = ROOT.withIps("2001:db8::1", "2001:db8::1");
        assertHolds(when().remoteIp("2001:0DB8:0:0:0:0:0:1"), request);
        assertHolds(when().realIp("2001:db8::/32"), request);
        assertFails(when().remoteIp("0.0.0.0/0"), request);
    }

    @Test
    void a_peer_without_an_address_matches_by_pattern_only() {
        PlainRequest request = ROOT.withIps("unix:", "unix:");
        assertHolds(when().remoteIp(glob("unix*")), request);
        assertHolds(when().remoteIp(diff("10.0.0.0/8")), request);
        assertFails(when().remoteIp("0.0.0.0/0", "::/0"), request);
    }

    @Test
    void real_ip() {
        PlainRequest request = ROOT.withIps("10.1.2.3", "192.0.2.1");
        assertHolds(when().realIp("192.0.2.0/24"), request);
        assertFails(when().realIp("10.0.0.0/8"), request);
    }

    @Test
    void host_without_its_port_in_lower_case() {
        PlainRequest request = ROOT.withHost("Api.Example.com:8888");
        assertHolds(when().host("api.example.com"), request);
        assertHolds(when().host("a.com", "api.example.com"), request);
        assertHolds(when().host(glob("*.example.com")), request);
        assertFails(when().host("example.com"), request);
        assertFails(when().host(diff("api.example.com")), request);
        assertHolds(when().host("[::1]"), ROOT.withHost("[::1]:80"));
        assertHolds(when().host("a.com"), ROOT.withHost("a.com."));
    }

    @Test
    void scheme() {
        assertHolds(when().scheme("https"), ROOT.withScheme("https"));
        assertFails(when().scheme("https"), ROOT);
    }

    @Test
    void content_type_without_its_parameters_in_lower_case() {
        PlainRequest request = ROOT.withHeader("Content-Type", "Application/JSON; charset=utf-8");
        assertHolds(when().contentType("application/json"), request);
        assertHolds(when().contentType(glob("application/*")), request);
        assertFails(when().contentType("text/plain"), request);
        assertFails(when().contentType(any()), ROOT);
    }

    @Test
    void principal() {
        assertHolds(when().principal("eve"), ROOT.withUser("eve"));
        assertHolds(when().principal(any()), ROOT.withUser("eve"));
        assertFails(when().principal("adam"), ROOT.withUser("eve"));
        assertFails(when().principal(diff("adam")), ROOT);
        assertFails(when().principal(any()), ROOT);
    }

    @Test
    void role() {
        assertHolds(when().role("admin"), ROOT.withUser("eve", "admin"));
        assertHolds(when().role("boss", "admin"), ROOT.withUser("eve", "admin"));
        assertFails(when().role("boss"), ROOT.withUser("eve", "admin"));
        assertFails(when().role("boss"), ROOT);
    }

    @Test
    void header() {
        PlainRequest request = ROOT.withHeader("X-Tenant", "a1").withHeader("X-Tenant", "b1");
        assertHolds(when().header("x-tenant", "a1"), request);
        assertHolds(when().header("X-TENANT", "b1", "c1"), request);
        assertHolds(when().header("X-Tenant", glob("b*")), request);
        assertHolds(when().header("X-Tenant", any()), request);
        assertHolds(when().header("X-Tenant", diff("c1")), request);
        assertFails(when().header("X-Tenant", "c1"), request);
        assertFails(when().header("X-Other", any()), request);
    }

    @Test
    void a_second_value_does_not_get_round_a_diff() {
        PlainRequest request = ROOT.withHeader("X-Tenant", "a").withHeader("X-Tenant", "b");
        assertFails(when().header("X-Tenant", diff("a")), request);
        assertFails(when().header("X-Other", diff("a")), request);
    }

    @Test
    void query() {
        PlainRequest request = PlainRequest.get("/?a=1&a=2&b%20c=%C3%A9+x&empty&e2=&bad=%zz");
        assertHolds(when().query("a", "2"), request);
        assertHolds(when().query("b c", "é x"), request);
        assertHolds(when().query("empty", ""), request);
        assertHolds(when().query("e2", any()), request);
        assertHolds(when().query("bad", "%zz"), request);
        assertHolds(when().query("a", glob("[12]")), request);
        assertFails(when().query("a", "3"), request);
        assertFails(when().query("A", any()), request);
        assertFails(when().query("a", any()), ROOT);
    }

    @Test
    void cookie() {
        PlainRequest request =
                ROOT.withHeader("Cookie", "a=1; session=\"x y\"; b=c=d").withHeader("Cookie", "late=5");
        assertHolds(when().cookie("a", "1"), request);
        assertHolds(when().cookie("session", "x y"), request);
        assertHolds(when().cookie("b", "c=d"), request);
        assertHolds(when().cookie("late", any()), request);
        assertFails(when().cookie("A", any()), request);
        assertFails(when().cookie("session", "x"), request);
    }

    @Test
    void not() {
        assertHolds(when().not(when().path("/x")), ROOT);
        assertHolds(when().not(when().header("X-A", any())), ROOT);
        assertFails(when().not(when().path("/").method("GET")), ROOT);
        assertHolds(when().not(when().path("/").method("PUT")), ROOT);
    }

    @Test
    void one_of_several() {
        assertHolds(when().any(when().path("/x"), when().method("GET")), ROOT);
        assertFails(when().any(when().path("/x"), when().method("PUT")), ROOT);
        assertHolds(when().any(when().not(when().any(when().path("/x")))), ROOT);
    }

    @Test
    void custom() {
        assertHolds(when().custom(exchange -> exchange.path().length() == 1), ROOT);
        assertFails(when().custom(exchange -> false), ROOT);
    }

    @Test
    void custom_that_takes_its_time() {
        assertHolds(when().customAsync(exchange -> CompletableFuture.completedFuture(true)), ROOT);
        assertFails(when().customAsync(exchange -> CompletableFuture.completedFuture(false)), ROOT);
        assertFails(when().not(when().customAsync(exchange -> CompletableFuture.completedFuture(true))), ROOT);
        assertHolds(
                when().any(when().path("/x"), when().customAsync(exchange -> CompletableFuture.completedFuture(true))),
                ROOT);
        assertFails(
                when().path("/")
                        .customAsync(exchange -> CompletableFuture.completedFuture(true))
                        .method("PUT"),
                ROOT);
    }

    @Test
    void all_must_hold() {
        assertHolds(when().path("/").method("GET").scheme("http"), ROOT);
        assertFails(when().path("/").method("GET").scheme("https"), ROOT);
        assertFails(when().path(glob("/*")).path("/x"), ROOT);
    }

    @Test
    void adding_a_criterion_leaves_the_criteria_as_they_were() {
        Criteria first = when().path("/");
        assertFails(first.method("PUT"), ROOT);
        assertHolds(first, ROOT);
    }

    @Test
    void what_could_never_match_is_refused() {
        assertRefused(
                () -> when().remoteIp("localhost"),
                "remote_ip, block: localhost (expected: an address or a block, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8)");
        assertRefused(
                () -> when().realIp("10.0.0.1/8"),
                "real_ip, block: 10.0.0.1/8 (expected: 10.0.0.0/8, or 10.0.0.1 for that address alone)");
        assertRefused(
                () -> when().host("example.com:80"),
                "host: example.com:80 (expected: a host's name in lower case, without port)");
        assertRefused(
                () -> when().host("Example.com"),
                "host: Example.com (expected: a host's name in lower case, without port)");
        assertRefused(() -> when().header("a b", "c"), "header name: a b (expected: letters, digits, !#$%&'*+-.^_`|~)");
        assertRefused(() -> when().cookie("", "c"), "cookie name: \"\" (expected: letters, digits, !#$%&'*+-.^_`|~)");
        assertRefused(() -> when().path(new String[0]), "texts: none (expected: at least one)");
        assertRefused(() -> when().role(), "role: none (expected: at least one)");
        assertRefused(() -> when().any(new Criteria[0]), "any: none (expected: at least one)");
    }

    @Test
    void its_text_tells_the_criteria() {
        assertThat(when(), hasToString("everything"));
        assertThat(
                when().path(glob("/a*"))
                        .header("X-A", "b")
                        .remoteIp("10.0.0.0/8")
                        .not(when().role("x"))
                        .custom(e -> true),
                hasToString("[path: glob(/a*), header X-A: b, remote_ip: 10.0.0.0/8, not: [role: [x]], custom]"));
    }

    private static void assertHolds(Criteria criteria, PlainRequest request) {
        assertThat(criteria + " for " + request, holds(criteria, request), is(true));
    }

    private static void assertFails(Criteria criteria, PlainRequest request) {
        assertThat(criteria + " for " + request, holds(criteria, request), is(false));
    }

    /** Through the rules, so that the index is asked as well. */
    private static boolean holds(Criteria criteria, PlainRequest request) {
        Exchange exchange = request.exchange();
        new RuleList()
                .add(criteria, Actions.then().setCustomValue("matched", true))
                .compile()
                .applyInput(exchange)
                .join();
        return exchange.customValue("matched") != null;
    }

    private static void assertRefused(Executable making, String message) {
        assertThat(assertThrows(IllegalArgumentException.class, making).getMessage(), is(message));
    }
}
