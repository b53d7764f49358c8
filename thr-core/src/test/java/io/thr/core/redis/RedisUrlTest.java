package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisUrlTest {

    @ParameterizedTest
    @CsvSource({
        "redis://localhost, redis://localhost:6379, localhost:6379",
        "redis://localhost:7000/3, redis://localhost:7000/3, localhost:7000",
        "REDIS://localhost/, redis://localhost:6379, localhost:6379",
        "redis://[::1]:7000, redis://[::1]:7000, [::1]:7000",
        "redis://[2001:db8::1], redis://[2001:db8::1]:6379, [2001:db8::1]:6379",
        "redis://:secret@cache_1, redis://:***@cache_1:6379, cache_1:6379",
        "rediss://user:secret@host:6380/1, rediss://user:***@host:6380/1, host:6380",
        "unix:///run/redis.sock, unix:///run/redis.sock, /run/redis.sock",
        "unix:///run/a@b.sock?db=2, unix:///run/a@b.sock?db=2, /run/a@b.sock",
        "unix://user:secret@/run/redis.sock, unix://user:***@/run/redis.sock, /run/redis.sock",
        "embedded, embedded, embedded",
    })
    void reads_every_form_and_masks_the_password(String text, String shown, String address) {
        RedisUrl url = RedisUrl.parse(text);

        assertThat(url.toString(), is(shown));
        assertThat(url.address(), is(address));
    }

    @Test
    void credentials_are_percent_decoded() {
        RedisUrl url = RedisUrl.parse("redis://a%3Ab:p%40s%2Fs%25:%C3%A9@host");

        assertThat(url.user(), is("a:b"));
        assertThat(url.password(), is("p@s/s%:é"));
    }

    @Test
    void raw_slash_and_at_may_stand_in_a_password() {
        assertThat(RedisUrl.parse("redis://:a/b@c@host:7000").password(), is("a/b@c"));
    }

    @Test
    void equal_to_another_that_says_the_same() {
        assertThat(RedisUrl.parse("redis://host:7000"), is(RedisUrl.of("host", 7000)));
        assertThat(RedisUrl.parse("unix:///a/b"), is(RedisUrl.unix("/a/b")));
        assertThat(
                RedisUrl.of("host", 7000).hashCode(),
                is(RedisUrl.of("host", 7000).hashCode()));
        assertThat(RedisUrl.parse("redis://:a@host"), is(not(RedisUrl.parse("redis://:b@host"))));
        assertThat(RedisUrl.parse("redis://host/1"), is(not(RedisUrl.parse("redis://host/2"))));
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:6379, redis://[user:password@]host",
        "http://localhost, redis://[user:password@]host",
        "redis://, a host after //",
        "redis://host:, a number",
        "redis://host:port, 'a number, found: port'",
        "redis://host:0, 1 to 65535",
        "redis://host:65536, 1 to 65535",
        "redis://host/-1, a number >= 0",
        "redis://host/one, 'a number, found: one'",
        "redis://host?db=1, no ? and no #",
        "redis://::1, an IPv6 address in brackets",
        "redis://[::1, ] after the IPv6 address",
        "redis://[::1]7000, :port after the host",
        "unix://run/redis.sock, three slashes",
        "unix:///run/redis.sock?database=1, db=n",
        "redis+sentinel://host/master, Sentinel is not supported yet",
        "redis+cluster://host, Cluster is not supported yet",
    })
    void refusal_says_what_was_found_and_what_was_expected(String text, String expected) {
        Exception refusal = assertThrows(IllegalArgumentException.class, () -> RedisUrl.parse(text));

        assertThat(refusal.getMessage(), allOf(containsString(text), containsString(expected)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://user:hunter2@host:port",
                "redis://user:hunter2@",
                "redis://hunter2@host",
                "redis://user:hunter2/@host:70000",
                "redis://user:hunter2%zz@host",
                "redis://user:hunter2%2@host",
                "redis://user:hunter2%@host",
                "rediss://user:hunter2@[::1",
                "redis:/user:hunter2@host",
                "user:hunter2@host",
                "http://user:hunter2@host",
                "unix://user:hunter2@/run/redis.sock?x",
                "redis+sentinel://user:hunter2@host",
            })
    void refusal_never_shows_the_password(String text) {
        Exception refusal = assertThrows(IllegalArgumentException.class, () -> RedisUrl.parse(text));

        assertThat(refusal.getMessage(), not(containsString("hunter2")));
    }

    @Test
    void parts_are_checked_as_well() {
        assertThrows(IllegalArgumentException.class, () -> RedisUrl.of("", 6379));
        assertThrows(IllegalArgumentException.class, () -> RedisUrl.of("host", 0));
        assertThrows(IllegalArgumentException.class, () -> RedisUrl.unix(""));
    }
}
