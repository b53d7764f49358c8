package io.thr.dispatcher;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a line of the access log looks like, whatever is in it. */
class AccessEntryTest {

    private static String line(String queue, List<String> counters) {
        StringBuilder line = new StringBuilder();
        new AccessEntry(
                        Instant.parse("2026-11-27T13:00:00.12Z"),
                        "0123",
                        queue,
                        "GET",
                        12L,
                        null,
                        1,
                        counters,
                        null,
                        504,
                        RouteMeters.Outcome.EXPIRED)
                .appendTo(line);
        return line.toString();
    }

    @Test
    void what_is_not_known_is_a_dash() {
        assertThat(
                line("thr:queue:a", List.of()),
                is(
                        "time=2026-11-27T13:00:00.120Z request=0123 queue=thr:queue:a method=GET wait_ms=12 run_ms=- attempt=1"
                                + " counters=- server=- status=504 outcome=expired\n"));
    }

    @Test
    void no_value_ends_its_line_or_begins_another_key() {
        String hostile = "a\nb\r\nc\u2028d\u0085e\u001b[31m\tf\" outcome=answered \\ \u202e x";
        String line = line("q", List.of(hostile));
        assertThat(line.lines().count(), is(1L));
        assertThat(
                line.substring(line.indexOf("counters=")),
                is("counters=\"a\\nb\\r\\nc\\u2028d\\u0085e\\u001b[31m\\tf\\\" outcome=answered \\\\ \\u202e x\""
                        + " server=- status=504 outcome=expired\n"));
    }

    @Test
    void dash_that_was_sent_is_quoted() {
        assertThat(line("q", List.of("-")).contains("counters=\"-\" "), is(true));
    }

    @Test
    void long_value_is_cut() {
        assertThat(line("q", List.of("x".repeat(100_000))).length(), is(lessThan(1_000)));
    }
}
