package io.thr.dispatcher.upstream;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import io.thr.dispatcher.upstream.Ejection.Change;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EjectionTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final Ejection ejection = new Ejection(now::get, () -> 0);

    @Test
    void three_failures_in_a_row_leave_a_server_out() {
        assertThat(fail(), is(Change.FIRST_FAILURE));
        assertThat(fail(), is(Change.NONE));
        assertThat(ejection.isOut(), is(false));
        assertThat(fail(), is(Change.LEFT_OUT));
        assertThat(ejection.isOut(), is(true));
    }

    @Test
    void answer_in_between_begins_the_row_anew() {
        fail();
        fail();
        ejection.succeeded(false);
        fail();
        fail();
        assertThat(ejection.isOut(), is(false));
    }

    @Test
    void there_is_one_trial_at_a_time_and_only_when_the_time_is_over() {
        leaveOut();
        assertThat(ejection.beginTrial(false), is(false));
        pass(Duration.ofMillis(999));
        assertThat(ejection.beginTrial(false), is(false));
        pass(Duration.ofMillis(1));
        assertThat(ejection.beginTrial(false), is(true));
        assertThat(ejection.beginTrial(false), is(false));
        assertThat(ejection.beginTrial(true), is(false));
    }

    @Test
    void trial_may_come_early_where_there_is_no_other_server() {
        leaveOut();
        assertThat(ejection.beginTrial(true), is(true));
    }

    @Test
    void trial_that_says_nothing_leaves_room_for_another() {
        leaveOut();
        pass(Duration.ofSeconds(1));
        ejection.beginTrial(false);
        ejection.undecided(true);
        assertThat(ejection.beginTrial(false), is(true));
    }

    @Test
    void answered_trial_brings_it_back() {
        leaveOut();
        pass(Duration.ofSeconds(1));
        ejection.beginTrial(false);
        assertThat(ejection.succeeded(true), is(Change.BACK));
        assertThat(ejection.isOut(), is(false));
        fail();
        fail();
        assertThat(ejection.isOut(), is(false));
    }

    @Test
    void what_began_before_changes_nothing() {
        leaveOut();
        assertThat(ejection.succeeded(false), is(Change.NONE));
        assertThat(ejection.isOut(), is(true));
        fail();
        pass(Duration.ofSeconds(1));
        assertThat(ejection.beginTrial(false), is(true));
    }

    @Test
    void connection_brings_back_what_could_not_be_connected_but_on_probation() {
        leaveOut();
        pass(Duration.ofSeconds(1));
        ejection.beginTrial(false);
        assertThat(ejection.connected(true), is(Change.BACK));
        assertThat(ejection.failed(false, false), is(Change.LEFT_OUT));
    }

    @Test
    void connection_does_not_bring_back_what_breaks() {
        for (int i = 0; i < Ejection.FAILURES; i++) {
            ejection.failed(false, false);
        }
        pass(Duration.ofSeconds(1));
        ejection.beginTrial(false);
        assertThat(ejection.connected(true), is(Change.NONE));
        assertThat(ejection.isOut(), is(true));
    }

    @Test
    void each_failed_trial_doubles_the_time_up_to_half_a_minute() {
        leaveOut();
        List<Long> seconds = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            long left = ejection.leftNanos();
            seconds.add(Duration.ofNanos(left).toSeconds());
            now.addAndGet(left);
            ejection.beginTrial(false);
            ejection.failed(true, true);
        }
        assertThat(seconds, is(List.of(1L, 2L, 4L, 8L, 16L, 30L, 30L)));
    }

    @Test
    void times_differ_by_up_to_a_half() {
        Ejection jittered = new Ejection(now::get, () -> 1);
        jittered.checkFailed();
        assertThat(jittered.leftNanos(), is(Duration.ofMillis(500).toNanos()));
    }

    @Test
    void health_check_leaves_out_at_once_and_brings_back_when_the_time_is_over() {
        assertThat(ejection.checkFailed(), is(Change.LEFT_OUT));
        assertThat(ejection.checkPassed(), is(Change.NONE));
        pass(Duration.ofSeconds(1));
        assertThat(ejection.checkFailed(), is(Change.NONE));
        pass(Duration.ofSeconds(1));
        assertThat(ejection.checkPassed(), is(Change.NONE));
        pass(Duration.ofSeconds(1));
        assertThat(ejection.checkPassed(), is(Change.BACK));
        assertThat(ejection.isOut(), is(false));
    }

    private void leaveOut() {
        for (int i = 0; i < Ejection.FAILURES; i++) {
            fail();
        }
    }

    private Change fail() {
        return ejection.failed(false, true);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }
}
