package io.thr.filter.suspend;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ExpiryClockTest {

    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final long start = System.nanoTime();
    private final BlockingQueue<Long> sweeps = new LinkedBlockingQueue<>();
    private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);

    private long now() {
        return System.nanoTime() - start;
    }

    private long sweep(long nowNanos) {
        sweeps.add(nowNanos);
        return left.getAndSet(Long.MAX_VALUE);
    }

    @Test
    void a_deadline_brings_a_sweep_and_never_before_it() throws Exception {
        try (ExpiryClock clock = new ExpiryClock(this::now, this::sweep)) {
            long deadline = now() + 30 * MILLI;

            clock.wakeBy(deadline);
            Long swept = sweeps.poll(10, TimeUnit.SECONDS);

            assertThat(swept, greaterThanOrEqualTo(deadline));
        }
    }

    @Test
    void an_earlier_deadline_comes_first_and_a_later_one_adds_no_timer() throws Exception {
        try (ExpiryClock clock = new ExpiryClock(this::now, this::sweep)) {
            clock.wakeBy(Long.MAX_VALUE / 2);
            long earlier = now() + 20 * MILLI;
            clock.wakeBy(earlier);
            clock.wakeBy(earlier + TimeUnit.HOURS.toNanos(1));

            Long swept = sweeps.poll(10, TimeUnit.SECONDS);

            assertThat(swept, greaterThanOrEqualTo(earlier));
            assertThat(sweeps.isEmpty(), is(true));
        }
    }

    @Test
    void the_sweep_says_when_the_next_one_is_due() throws Exception {
        try (ExpiryClock clock = new ExpiryClock(this::now, this::sweep)) {
            long first = now() + 10 * MILLI;
            long second = first + 30 * MILLI;
            left.set(second);

            clock.wakeBy(first);
            sweeps.poll(10, TimeUnit.SECONDS);
            Long swept = sweeps.poll(10, TimeUnit.SECONDS);

            assertThat(swept, greaterThanOrEqualTo(second));
        }
    }
}
