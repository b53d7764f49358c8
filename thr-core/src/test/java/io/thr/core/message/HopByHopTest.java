package io.thr.core.message;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.sameInstance;

import org.junit.jupiter.api.Test;

class HopByHopTest {

    @Test
    void known_fields_are_dropped_in_any_case() {
        Headers headers =
                Headers.of("X-A", "1", "KEEP-ALIVE", "timeout=5", "te", "trailers", "Upgrade", "h2c", "X-B", "2");

        assertThat(HopByHop.removedFrom(headers), is(Headers.of("X-A", "1", "X-B", "2")));
    }

    @Test
    void what_connection_names_is_dropped_on_all_its_lines() {
        Headers headers = Headers.of(
                "connection", "close, X-Hop", "Connection", "x-other", "x-hop", "1", "X-OTHER", "2", "X-A", "3");

        assertThat(HopByHop.removedFrom(headers), is(Headers.of("X-A", "3")));
    }

    @Test
    void fields_that_may_all_pass_are_not_copied() {
        Headers headers = Headers.of("X-A", "1", "Content-Length", "0");

        assertThat(HopByHop.removedFrom(headers), is(sameInstance(headers)));
    }
}
