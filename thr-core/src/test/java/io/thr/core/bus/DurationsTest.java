package io.thr.core.bus;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DurationsTest {

    private static Durations of(int bound, long count) {
        List<Long> counts = new ArrayList<>(Durations.NONE.counts());
        counts.set(bound, count);
        return new Durations(counts, 7.0 * count);
    }

    @Test
    void quantile_lies_between_the_bounds_where_it_falls() {
        Durations durations = of(3, 50).plus(of(5, 50));

        assertThat(durations.count(), is(100L));
        assertThat(durations.quantile(0.5), is(Duration.ofMillis(10)));
        assertThat(durations.quantile(0.25), is(Duration.ofNanos(7_500_000)));
        assertThat(durations.quantile(1), is(Duration.ofMillis(50)));
        assertThat(Durations.NONE.quantile(0.5), is(nullValue()));
    }

    @Test
    void what_is_beyond_all_bounds_counts_as_the_last() {
        assertThat(of(16, 1).quantile(0.99), is(Duration.ofMinutes(5)));
    }

    @Test
    void difference_is_what_came_since() {
        assertThat(of(3, 5).plus(of(4, 2)).since(of(3, 5)), is(of(4, 2)));
        assertThat("the member has begun anew", of(3, 1).since(of(3, 5)), is(Durations.NONE));
    }

    @Test
    void counts_must_fit_the_bounds() {
        assertThrows(IllegalArgumentException.class, () -> new Durations(List.of(1L), 0));
    }
}
