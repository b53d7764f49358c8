package io.thr.admin;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.sameInstance;

import io.thr.core.bus.BusState;
import io.thr.core.bus.Durations;
import io.thr.core.bus.MemberReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How often a bus is read for those who look, and what the plots are made of. */
class BusSamplerTest {

    private static final Instant START = Instant.ofEpochMilli(1_764_240_000_000L);
    private static final String QUEUE = "q";

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger readings = new AtomicInteger();

    @AfterEach
    void end() {
        timer.shutdownNow();
    }

    private static BusState state(Instant at, MemberReport... reports) {
        List<BusState.Member> members = new ArrayList<>();
        for (MemberReport report : reports) {
            members.add(new BusState.Member(report.host(), at, 0, report));
        }
        BusState.Queue queue = new BusState.Queue(QUEUE, 1, 2, 3, 0, null, null, null, null);
        return new BusState(at, "thr", "h:1", List.of(queue), List.of(), List.of(), 0, List.of(), 0, members);
    }

    private static MemberReport report(String member, Instant at, long begun, long answered, long failed, long runs) {
        MemberReport.Counts counts = new MemberReport.Counts(0, begun, answered, failed, 0, 0, 0, 0, 0);
        List<Long> buckets = new ArrayList<>(Collections.nCopies(Durations.BOUNDS_MILLIS.size() + 1, 0L));
        buckets.set(3, runs);
        MemberReport.Route route = new MemberReport.Route(
                List.of(QUEUE, "r"), 8, 0, counts, Durations.NONE, new Durations(buckets, runs * 8.0), List.of());
        return new MemberReport(at, member, 1, "1", START, false, List.of(route));
    }

    private BusSampler sampler() {
        return new BusSampler(
                () -> CompletableFuture.completedFuture(state(START.plusMillis(readings.incrementAndGet()))),
                timer,
                nanos::get);
    }

    @Test
    void bus_is_read_once_for_all_who_look_within_half_a_second() {
        BusSampler sampler = sampler();
        BusState first = sampler.state().join();
        for (int i = 0; i < 1000; i++) {
            assertThat(sampler.state().join(), is(sameInstance(first)));
        }
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(499));
        assertThat(sampler.state().join(), is(sameInstance(first)));
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
        assertThat(sampler.state().join(), is(not(sameInstance(first))));
        assertThat(readings.get(), is(2));
    }

    @Test
    void reading_that_is_under_way_is_waited_for_by_all() {
        CompletableFuture<BusState> slow = new CompletableFuture<>();
        BusSampler sampler = new BusSampler(
                () -> {
                    readings.incrementAndGet();
                    return slow;
                },
                timer,
                nanos::get);
        CompletableFuture<BusState> one = sampler.state();
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(5));
        CompletableFuture<BusState> other = sampler.state();
        slow.complete(state(START));
        assertThat(one.join(), is(sameInstance(other.join())));
        assertThat(readings.get(), is(1));
    }

    @Test
    void failed_reading_is_not_kept() {
        AtomicInteger attempts = new AtomicInteger();
        BusSampler sampler = new BusSampler(
                () -> {
                    if (attempts.incrementAndGet() == 1) {
                        throw new IllegalStateException("not connected");
                    }
                    return CompletableFuture.completedFuture(state(START));
                },
                timer,
                nanos::get);
        assertThat(sampler.state().isCompletedExceptionally(), is(true));
        assertThat(sampler.state().join().bus(), is("thr"));
    }

    @Test
    void samples_are_taken_once_a_second_and_end_a_minute_after_the_last_look() {
        BusSampler sampler = new BusSampler(
                () -> CompletableFuture.completedFuture(state(START.plusMillis(readings.incrementAndGet()))),
                timer,
                System::nanoTime);
        long begun = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            sampler.look();
        }
        await().until(() -> sampler.since(0).size(), is(greaterThanOrEqualTo(3)));
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun);
        assertThat((long) sampler.since(0).size(), is(allOf(greaterThanOrEqualTo(3L), lessThanOrEqualTo(seconds + 2))));
        assertThat(sampler.since(START.toEpochMilli() + 1).size(), is(lessThanOrEqualTo(readings.get() - 1)));
    }

    @Test
    void nobody_who_looks_means_no_samples() {
        BusSampler sampler = sampler();
        sampler.look();
        await().until(() -> sampler.since(0).size(), is(greaterThanOrEqualTo(1)));
        // the clock stands a minute later when the next one would be due
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(61));
        int taken = readings.get();
        await().pollDelay(Duration.ofMillis(1500)).until(() -> readings.get() == taken);
        sampler.look();
        await().until(() -> readings.get() > taken);
    }

    @Test
    void paces_are_what_members_have_counted_between_their_last_two_reports() {
        Paces paces = new Paces();
        assertThat(paces.after(state(START, report("a", START, 10, 5, 0, 5))).isEmpty(), is(true));

        Instant later = START.plusSeconds(2);
        BusSample.Pace pace = paces.after(
                        state(later, report("a", later, 20, 11, 2, 9), report("b", later, 1000, 1000, 0, 1000)))
                .getOrDefault(QUEUE, BusSample.Pace.NONE);
        assertThat(pace.begunPerSecond(), is(5.0));
        assertThat(pace.endedPerSecond(), is(4.0));
        assertThat(pace.failedPerSecond(), is(1.0));
        assertThat(pace.runs().count(), is(4L));

        // nothing new is said: it goes on as it went, for a while
        Instant still = later.plusSeconds(1);
        assertThat(
                paces.after(state(still, report("a", later, 20, 11, 2, 9)))
                        .getOrDefault(QUEUE, BusSample.Pace.NONE)
                        .begunPerSecond(),
                is(5.0));
        Instant silent = later.plusSeconds(15);
        assertThat(paces.after(state(silent, report("a", later, 20, 11, 2, 9))).isEmpty(), is(true));
    }
}
