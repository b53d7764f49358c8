package io.thr.core.limit;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.schedule.Flow;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriorityOrderTest {

    private static final PriorityOrder.HeadStart TABLE = new PriorityOrder.HeadStart(Map.of(
            5, Duration.ofSeconds(1),
            50, Duration.ofSeconds(10),
            99, Duration.ofSeconds(20)));

    @Test
    void default_is_200_ms_a_step() {
        for (int priority = 1; priority <= 99; priority++) {
            assertThat(PriorityOrder.DEFAULT.headStartMillis(priority), is((priority - 1) * 200L));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1000", "5, 1000", "6, 1200", "50, 10000", "51, 10204", "99, 20000"})
    void offsets_lie_on_the_line_between_the_given(int priority, long millis) {
        assertThat(TABLE.headStartMillis(priority), is(millis));
    }

    @Test
    void less_urgent_never_has_less() {
        for (int priority = 2; priority <= 99; priority++) {
            assertThat(TABLE.headStartMillis(priority), is(greaterThanOrEqualTo(TABLE.headStartMillis(priority - 1))));
        }
    }

    @Test
    void nobody_is_overtaken_by_what_comes_later_than_the_widest_gap() {
        assertThat(TABLE.longestOvertaking(), is(Duration.ofSeconds(19)));
        assertThat(
                ((PriorityOrder.HeadStart) PriorityOrder.DEFAULT).longestOvertaking(), is(Duration.ofMillis(19_600)));
    }

    @Test
    void head_start_has_no_classes() {
        assertThat(TABLE.classes(7), is(empty()));
    }

    @Test
    void strict_order_has_classes_and_no_head_start() {
        PriorityOrder strict = new PriorityOrder.Strict();
        assertThat(strict.classes(7), contains(new Flow.Rank(7)));
        assertThat(strict.headStartMillis(99), is(0L));
    }

    @Test
    void impossible_tables_are_refused() {
        assertRefused(Map.of(), "priority_offsets: none (expected: at least one)");
        assertRefused(Map.of(0, Duration.ZERO), "priority_offsets: 0 (expected: a priority from 1 to 99)");
        assertRefused(Map.of(100, Duration.ZERO), "priority_offsets: 100 (expected: a priority from 1 to 99)");
        assertRefused(Map.of(1, Duration.ofMillis(-1)), "priority_offsets: 1: -1 ms (expected: 0 to 86400000 ms)");
        assertRefused(Map.of(1, Duration.ofDays(2)), "priority_offsets: 1: 172800000 ms (expected: 0 to 86400000 ms)");
        assertRefused(
                Map.of(1, Duration.ofSeconds(2), 50, Duration.ofSeconds(1)),
                "priority_offsets: 50: 1000 ms after 2000 ms (expected: not less than that of a more urgent one)");
    }

    private static void assertRefused(Map<Integer, Duration> offsets, String message) {
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> new PriorityOrder.HeadStart(offsets))
                        .getMessage(),
                is(message));
    }
}
