package io.thr.core.log;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.sameInstance;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What of a storm is in the log, and what of its values. */
class StormLogTest {

    private final List<String> lines = new ArrayList<>();
    private final AtomicLong nanos = new AtomicLong();
    private final StormLog log = StormLog.of(new Lines(), nanos::get);

    private final class Lines implements Logger {

        @Override
        public String getName() {
            return "test";
        }

        @Override
        public boolean isLoggable(Level level) {
            return level.compareTo(Level.INFO) >= 0;
        }

        @Override
        public void log(Level level, @Nullable ResourceBundle bundle, String line, @Nullable Throwable error) {
            lines.add(line);
        }

        @Override
        public void log(Level level, @Nullable ResourceBundle bundle, String format, @Nullable Object... values) {
            lines.add(values == null || values.length == 0 ? format : MessageFormat.format(format, values));
        }
    }

    private void storm(int times) {
        for (int i = 1; i <= times; i++) {
            log.log(Level.WARNING, "line {0}", i);
        }
    }

    @Test
    void few_lines_are_all_there() {
        storm(9);
        assertThat(lines, hasSize(9));
        assertThat(lines.get(8), is("line 9"));
    }

    @Test
    void storm_says_that_it_is_cut_short_and_later_by_how_much() {
        storm(1_000);
        assertThat(lines, hasSize(StormLog.MOST));
        assertThat(lines.get(9), is("line 10 (more such lines within 10 s are only counted)"));
        lines.clear();
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(10));
        storm(1);
        assertThat(lines, contains("990 lines like the next one were left out", "line 1"));
    }

    @Test
    void what_nobody_wants_to_read_counts_for_nothing() {
        for (int i = 0; i < 100; i++) {
            log.log(Level.DEBUG, "line {0}", i);
        }
        storm(1);
        assertThat(lines, contains("line 1"));
    }

    @Test
    void value_stays_on_its_line() {
        log.log(
                Level.WARNING,
                "request {0}: {1}",
                "a\r\n2026-11-27 ERROR forged",
                new IllegalStateException("b\nc\u2028d"));
        assertThat(
                lines,
                contains("request a\\r\\n2026-11-27 ERROR forged: java.lang.IllegalStateException: b\\nc\\u2028d"));
    }

    @Test
    void text_without_controls_is_the_same_object() {
        String text = "caf\u00e9 {0}";
        assertThat(OneLine.of(text), is(sameInstance(text)));
    }
}
