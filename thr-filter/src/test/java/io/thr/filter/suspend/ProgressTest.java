package io.thr.filter.suspend;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private final Progress progress = new Progress();

    private @Nullable Long at(long seconds, long position) {
        return progress.estimate(position, TimeUnit.SECONDS.toNanos(seconds));
    }

    @Test
    void there_is_no_estimate_before_one_has_gone() {
        assertThat(at(5, 12), is(nullValue()));
        assertThat(at(15, 12), is(nullValue()));
    }

    @Test
    void estimate_is_what_those_before_take_at_the_rate_so_far() {
        at(0, 12);
        assertThat(at(10, 7), is(14L));
        assertThat(at(20, 2), is(4L));
    }

    @Test
    void whole_seconds_are_rounded_up() {
        at(0, 12);
        assertThat(at(1, 2), is(1L));
    }

    @Test
    void others_that_come_before_begin_the_count_anew() {
        at(0, 3);
        at(10, 2);
        assertThat(at(20, 9), is(nullValue()));
        assertThat(at(30, 4), is(8L));
    }
}
