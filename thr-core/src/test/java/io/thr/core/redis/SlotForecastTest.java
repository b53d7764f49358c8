package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlotForecastTest {

    private static final Duration MEAN = Duration.ofMillis(100);

    private static long wait(long position, int slots, long... heldMillis) {
        List<Duration> held =
                Arrays.stream(heldMillis).mapToObj(Duration::ofMillis).toList();
        return SlotForecast.wait(position, slots, MEAN, held).toMillis();
    }

    @Test
    void next_gets_the_slot_that_is_held_longest() {
        assertThat(wait(1, 2, 10, 70), is(30L));
        assertThat(wait(2, 2, 10, 70), is(90L));
    }

    @Test
    void each_that_follows_runs_as_long_as_the_mean() {
        assertThat(wait(3, 2, 10, 70), is(130L));
        assertThat(wait(4, 2, 10, 70), is(190L));
        assertThat(wait(2_000, 2, 10, 70), is(99_990L));
    }

    @Test
    void free_slot_is_had_at_once() {
        assertThat(wait(1, 2, 10), is(0L));
        assertThat(wait(2, 2, 10), is(90L));
    }

    @Test
    void who_holds_longer_than_the_mean_is_about_to_end() {
        assertThat(wait(1, 1, 5_000), is(0L));
        assertThat(wait(2, 1, 5_000), is(100L));
    }

    @Test
    void more_hold_than_there_are_slots_where_a_maximum_was_lowered() {
        assertThat("one of three has to end before anything is free", wait(1, 2, 10, 20, 70), is(80L));
    }
}
