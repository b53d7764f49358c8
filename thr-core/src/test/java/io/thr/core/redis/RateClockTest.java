package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RatePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is admitted over long times, and when the server's clock is set. The times are the test's. */
class RateClockTest extends OnEachServer {

    private static final long NOW = 1_790_000_000_000_000L;
    private static final long SECOND = 1_000_000;

    private ClockedRate clocked;

    RateClockTest(RedisServer server) {
        super(server);
    }

    @BeforeEach
    void connect() {
        clocked = closedAfter(new ClockedRate(server, NAMES, Duration.ZERO));
    }

    private int granted(List<Long> times, RateCharge charge) {
        int granted = 0;
        for (RateDecision decision : clocked.decideAll(times, List.of(charge))) {
            granted += isGranted(decision) ? 1 : 0;
        }
        return granted;
    }

    /** Ten times the rate for 100 windows, at times by chance. */
    private static List<Long> tenTimes(long quota, long window, int windows) {
        SplittableRandom random = new SplittableRandom(quota * window);
        List<Long> times = new ArrayList<>();
        long end = NOW + windows * window;
        for (long at = NOW; at < end; at += random.nextLong(1, window / quota / 5)) {
            times.add(at);
        }
        return times;
    }

    @ParameterizedTest
    @EnumSource
    void who_asks_for_ten_times_the_rate_is_admitted_at_the_rate(RateAlgorithm algorithm) {
        int windows = 100;
        int quota = 17;
        RatePolicy policy = policy("p", algorithm, quota, Duration.ofSeconds(1));

        int granted = granted(tenTimes(quota, SECOND, windows), charge(policy, "a"));

        // refused ones do not count: they would keep it shut for good
        assertThat(granted, is(greaterThanOrEqualTo(quota * windows * 99 / 100)));
        // what a full bucket holds at the beginning, and the end of the last window
        assertThat(granted, is(lessThanOrEqualTo(quota * (windows + 1))));
    }

    @ParameterizedTest
    @EnumSource
    void who_is_refused_all_the_time_is_admitted_as_soon_as_one_who_waited(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, 3, Duration.ofSeconds(60));
        for (int i = 0; i < 3; i++) {
            clocked.decide(NOW, charge(policy, "asks"));
            clocked.decide(NOW, charge(policy, "waits"));
        }
        long room = NOW + clocked.peek(NOW, charge(policy, "waits")).waitMillis() * 1000;
        List<Long> times = new ArrayList<>();
        for (long at = NOW; at < room; at += 10_000) {
            times.add(at);
        }

        assertThat(granted(times, charge(policy, "asks")), is(0));

        assertThat(isGranted(clocked.decide(room, charge(policy, "asks"))), is(true));
        assertThat(isGranted(clocked.decide(room, charge(policy, "waits"))), is(true));
    }

    /** An hour of a clock that is wrong, then it is set right: as NTP does, or a failover to another machine. */
    @ParameterizedTest
    @EnumSource
    void clock_that_is_set_back_shuts_nobody_out_for_longer_than_a_window(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, 5, Duration.ofSeconds(60));
        long wrong = NOW + 3600 * SECOND;
        for (int i = 0; i < 6; i++) {
            clocked.decide(wrong + i, charge(policy, "a"));
        }

        RateDecision after = clocked.decide(NOW, charge(policy, "a"));

        // not given anew: the clock says nothing about how long ago it was
        assertThat(isGranted(after), is(false));
        assertThat(after.states().get(0).waitMillis(), is(lessThanOrEqualTo(60_000L)));
        assertThat(isGranted(clocked.decide(NOW + 60 * SECOND, charge(policy, "a"))), is(true));
    }

    @ParameterizedTest
    @EnumSource
    void clock_that_is_set_back_again_and_again_shuts_nobody_out(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, 5, Duration.ofSeconds(60));
        for (int i = 0; i < 6; i++) {
            clocked.decide(NOW, charge(policy, "a"));
        }
        // an hour each time, and it is asked for right after it
        for (int hour = 1; hour <= 10; hour++) {
            RateDecision decision = clocked.decide(NOW - hour * (3600 * SECOND), charge(policy, "a"));
            assertThat(decision.states().get(0).waitMillis(), is(lessThanOrEqualTo(60_000L)));
        }

        assertThat(isGranted(clocked.decide(NOW - 10 * 3600 * SECOND + 60 * SECOND, charge(policy, "a"))), is(true));
    }

    @ParameterizedTest
    @EnumSource
    void clock_that_is_set_forward_gives_no_more_than_a_quota(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, 5, Duration.ofSeconds(60));
        for (int i = 0; i < 6; i++) {
            clocked.decide(NOW, charge(policy, "a"));
        }
        int granted = 0;
        for (int i = 0; i < 20; i++) {
            granted += isGranted(clocked.decide(NOW + 86_400 * SECOND + i, charge(policy, "a"))) ? 1 : 0;
        }

        assertThat(granted, is(5));
    }
}
