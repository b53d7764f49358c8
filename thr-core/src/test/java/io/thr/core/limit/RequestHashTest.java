package io.thr.core.limit;

import static io.thr.core.limit.Requests.get;
import static io.thr.core.limit.Requests.with;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestHashTest {

    @Test
    void method_is_as_it_came() {
        assertThat(RequestHash.method().hash(get("/")), is("GET"));
    }

    @ParameterizedTest
    @CsvSource({
        "/report, /report",
        "/%72eport, /report",
        "//report;v=1, /report",
        "/a/../report, /report",
        "/a%20b, /a b",
        "/Report, /Report"
    })
    void path_is_one_however_it_is_written(String path, String hash) {
        assertThat(RequestHash.path().hash(get(path)), is(hash));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a%2fb", "/%zz", "/../a", "/\u00e9"})
    void path_that_servers_do_not_agree_on_is_as_it_came(String path) {
        assertThat(RequestHash.path().hash(get(path)), is(path));
    }

    @ParameterizedTest
    @CsvSource({"Front.Example:8888, front.example", "a., a", "[FD00::1]:80, [fd00::1]", "'', ''"})
    void host_is_one_however_it_is_written(String host, String hash) {
        assertThat(RequestHash.host().hash(Requests.request("/", host, 50)), is(hash));
    }

    @Test
    void header_is_the_first_of_its_name() {
        assertThat(RequestHash.header("x-tenant").hash(with("X-Tenant", "a", "X-Tenant", "b")), is("a"));
        assertThat(RequestHash.header("X-Tenant").hash(with("X-Tenant", "")), is(""));
        assertThat(RequestHash.header("X-Tenant").hash(with("X-Other", "a")), is(nullValue()));
    }

    @Test
    void query_is_the_first_value_decoded() {
        assertThat(RequestHash.query("a b").hash(get("/?x=1&a%20b=%C3%A9+1&a+b=2")), is("\u00e9 1"));
        assertThat(RequestHash.query("a").hash(get("/?a")), is(""));
        assertThat(RequestHash.query("a").hash(get("/?A=1")), is(nullValue()));
        assertThat(RequestHash.query("a").hash(get("/")), is(nullValue()));
    }

    @Test
    void cookie_is_found_among_rubbish() {
        RequestHash session = RequestHash.cookie("s");
        assertThat(session.hash(with("Cookie", "a=1; s=x=y; s=2")), is("x=y"));
        assertThat(session.hash(with("Cookie", ";;=;  s = \"q\" ;", "Cookie", "s=late")), is("q"));
        assertThat(session.hash(with("Cookie", "a", "Cookie", "s=late")), is("late"));
        assertThat(session.hash(with("Cookie", "s; S=1; =s")), is(nullValue()));
        assertThat(session.hash(with()), is(nullValue()));
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, 10.1.2.3",
        "'6.6.6.6, 10.1.2.3', 10.1.2.3",
        "'6.6.6.6,7.7.7.7 , 10.1.2.3', 10.1.2.3",
        "::ffff:10.1.2.3, 10.1.2.3",
        "2001:DB8:0:1::7, 2001:db8:0:1::/64",
        "2001:db8:0:1:ffff::8, 2001:db8:0:1::/64"
    })
    void remote_ip_is_the_entry_that_the_front_appended(String field, String hash) {
        assertThat(RequestHash.remoteIp().hash(with("X-Forwarded-For", field)), is(hash));
    }

    @Test
    void remote_ip_is_in_the_last_of_several_fields() {
        assertThat(
                RequestHash.remoteIp().hash(with("X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "5.5.5.5, 10.1.2.3")),
                is("10.1.2.3"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "6.6.6.6,", "6.6.6.6, unknown", "10.1.2.3 6"})
    void remote_ip_is_not_looked_for_elsewhere(String field) {
        assertThat(
                RequestHash.remoteIp().hash(with("X-Forwarded-For", field, "X-Real-Ip", "1.1.1.1")), is(nullValue()));
        assertThat(RequestHash.remoteIp().hash(with("X-Real-Ip", "1.1.1.1")), is(nullValue()));
    }

    @Test
    void default_stands_in_for_what_is_absent_only() {
        RequestHash hash =
                RequestHash.of(request -> request.headers().first("A")).withDefault("none");
        assertThat(hash.hash(with()), is("none"));
        assertThat(hash.hash(with("A", "")), is(""));
        assertThat(hash.hash(with("A", "1")), is("1"));
    }

    @Test
    void what_is_written_alike_is_equal() {
        assertThat(
                RequestHash.header("A").withDefault("x"),
                is(RequestHash.header("A").withDefault("x")));
        assertThat(RequestHash.remoteIp(), is(RequestHash.remoteIp()));
        assertThat(RequestHash.header("A"), is(not(RequestHash.cookie("A"))));
        assertThat(RequestHash.header("A").withDefault("x").toString(), is("header A, default x"));
        assertThat(RequestHash.remoteIp().toString(), is("remote_ip"));
    }

    @Test
    void impossible_names_are_refused() {
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> RequestHash.header("a b"))
                        .getMessage(),
                containsString("header name"));
        assertThrows(IllegalArgumentException.class, () -> RequestHash.header(""));
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> RequestHash.cookie("a=b"))
                        .getMessage(),
                is("cookie: 'a=b' (expected: the name of a cookie, without blanks, = and ;)"));
        assertThrows(IllegalArgumentException.class, () -> RequestHash.query(""));
    }
}
