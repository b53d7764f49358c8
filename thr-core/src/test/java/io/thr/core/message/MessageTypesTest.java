package io.thr.core.message;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.sameInstance;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A value is checked when it is made: what reading would refuse cannot be written. */
class MessageTypesTest {

    private static final String KEY = "thr:queue:response:1";
    private static final String ID = "0123456789abcdefABCDEF0123456789";
    private static final RequestExtra EXTRA =
            new RequestExtra(KEY, 50, 1795322238.5, ID, 1795322538.5, 1, "alice", "00-1-2-01");

    @ParameterizedTest
    @ValueSource(doubles = {-1, 1.1e11, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void time_that_is_no_epoch_second_is_refused(double time) {
        assertThrows(IllegalArgumentException.class, () -> RequestExtra.of(KEY, 50, time, ID));
        assertThrows(IllegalArgumentException.class, () -> new RequestExtra(KEY, 50, 1, ID, time, 1, null, null));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100, -1})
    void priority_out_of_range_is_refused(int priority) {
        assertThrows(IllegalArgumentException.class, () -> RequestExtra.of(KEY, priority, 1, ID));
    }

    @Test
    void strings_of_the_extra_are_checked() {
        assertThrows(IllegalArgumentException.class, () -> RequestExtra.of("thr:queue:hello", 50, 1, ID));
        assertThrows(IllegalArgumentException.class, () -> RequestExtra.of("thr:queue:response:", 50, 1, ID));
        assertThrows(IllegalArgumentException.class, () -> RequestExtra.of(KEY, 50, 1, "1"));
        assertThrows(IllegalArgumentException.class, () -> new RequestExtra(KEY, 50, 1, ID, null, 0, null, null));
        assertThrows(IllegalArgumentException.class, () -> new RequestExtra(KEY, 50, 1, ID, null, 1, "", null));
        assertThrows(
                IllegalArgumentException.class, () -> new RequestExtra(KEY, 50, 1, ID, null, 1, "x".repeat(513), null));
        assertThrows(IllegalArgumentException.class, () -> new RequestExtra(KEY, 50, 1, ID, null, 1, null, "a b"));
    }

    @Test
    void request_is_checked() {
        request("M-SEARCH", "/", "", "?a=/%", "https");
        assertThrows(IllegalArgumentException.class, () -> request("", "/", "h", null, null));
        assertThrows(IllegalArgumentException.class, () -> request("x".repeat(65), "/", "h", null, null));
        assertThrows(IllegalArgumentException.class, () -> request("GET", "*", "h", null, null));
        assertThrows(IllegalArgumentException.class, () -> request("GET", "", "h", null, null));
        assertThrows(IllegalArgumentException.class, () -> request("GET", "/a?b", "h", null, null));
        assertThrows(IllegalArgumentException.class, () -> request("GET", "/\u007f", "h", null, null));
        assertThrows(IllegalArgumentException.class, () -> request("GET", "/", "h\r\n", null, null));
        assertThrows(IllegalArgumentException.class, () -> request("GET", "/", "h", " ", null));
        assertThrows(IllegalArgumentException.class, () -> request("GET", "/", "h", null, "gopher"));
    }

    @Test
    void response_is_checked() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new ResponseMessage(99, Headers.EMPTY, MessageBody.NONE, ResponseExtra.NONE));
        assertThrows(IllegalArgumentException.class, () -> new ResponseExtra(null, -1L, null, null, null, false));
        assertThrows(IllegalArgumentException.class, () -> new ResponseExtra(null, null, -1L, null, null, false));
        assertThrows(IllegalArgumentException.class, () -> new ResponseExtra(null, null, null, 0, null, false));
        assertThrows(IllegalArgumentException.class, () -> new ResponseExtra("1", null, null, null, null, false));
        assertThrows(IllegalArgumentException.class, () -> new ResponseExtra(null, null, null, null, "a b", false));
    }

    @Test
    void next_attempt_differs_in_the_attempt_alone() {
        RequestMessage message = new RequestMessage(
                "PUT", "/", "h", "q", "http", Headers.of("A", "1"), MessageBody.of(new byte[1]), EXTRA);

        assertThat(
                message.withAttempt(2),
                is(new RequestMessage(
                        "PUT",
                        "/",
                        "h",
                        "q",
                        "http",
                        Headers.of("A", "1"),
                        MessageBody.of(new byte[1]),
                        new RequestExtra(KEY, 50, 1795322238.5, ID, 1795322538.5, 2, "alice", "00-1-2-01"))));
    }

    @Test
    void target_has_the_query_where_there_is_one() {
        assertThat(request("GET", "/a", "h", null, null).target(), is("/a"));
        assertThat(request("GET", "/a", "h", "", null).target(), is("/a?"));
        assertThat(request("GET", "/a", "h", "b=c?d", null).target(), is("/a?b=c?d"));
    }

    @Test
    void bodies_are_equal_where_their_bytes_are() {
        assertThat(MessageBody.of(new byte[] {1, 2}), is(MessageBody.of(new byte[] {1, 2})));
        assertThat(
                MessageBody.of(new byte[] {1, 2}).hashCode(),
                is(MessageBody.of(new byte[] {1, 2}).hashCode()));
        assertThat(MessageBody.of(new byte[] {1, 2}), is(not(MessageBody.of(new byte[] {1, 3}))));
        assertThat(MessageBody.of(new byte[0]), is(sameInstance(MessageBody.NONE)));
        assertThat(MessageBody.of(new byte[] {1, 2}).toString(), is("Inline[2 bytes]"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\n", "\u20ac"})
    void link_that_is_no_key_of_ours_is_refused(String key) {
        assertThrows(IllegalArgumentException.class, () -> new MessageBody.Link(key));
    }

    private static RequestMessage request(
            String method, String path, String host, @Nullable String queryString, @Nullable String scheme) {
        return new RequestMessage(method, path, host, queryString, scheme, Headers.EMPTY, MessageBody.NONE, EXTRA);
    }
}
