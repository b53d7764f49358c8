package io.thr.filter.suspend;

import io.thr.core.redis.OwnThreads;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/**
 * Wakes a sweep at the earliest deadline of many, for the price of one comparison a request.
 *
 * <p>Nearly all exchanges end long before their deadline, so nothing is kept for each: only the earliest deadline known
 * has a timer. When it fires, the sweep ends what has expired and says which deadline is the next. With equal time-outs
 * that makes one sweep in each time-out, whatever the traffic.
 *
 * <p>The race: a deadline comes in while the sweep runs. The exchange is registered before its deadline is told, and
 * the sweep forgets the old timer before it looks, so either the sweep sees the exchange or the deadline sets a timer.
 */
final class ExpiryClock implements AutoCloseable {

    private static final long NEVER = Long.MAX_VALUE;

    private final LongSupplier nanos;
    private final LongUnaryOperator sweep;
    private final OwnThreads threads = new OwnThreads("thr-expiry");
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, threads);
    private final AtomicLong next = new AtomicLong(NEVER);

    /**
     * @param nanos the node's clock: nanoseconds since its start, never negative
     * @param sweep given the time, ends what has expired; returns the earliest deadline left, or Long.MAX_VALUE
     */
    ExpiryClock(LongSupplier nanos, LongUnaryOperator sweep) {
        this.nanos = nanos;
        this.sweep = sweep;
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Makes sure that a sweep comes at that deadline at the latest. */
    void wakeBy(long deadlineNanos) {
        long known = next.get();
        while (deadlineNanos < known) {
            if (next.compareAndSet(known, deadlineNanos)) {
                var unused = timer.schedule(this::run, deadlineNanos - nanos.getAsLong(), TimeUnit.NANOSECONDS);
                return;
            }
            known = next.get();
        }
    }

    private void run() {
        next.set(NEVER);
        long earliest = sweep.applyAsLong(nanos.getAsLong());
        if (earliest != NEVER) {
            wakeBy(earliest);
        }
    }

    @Override
    public void close() {
        threads.end(timer);
    }
}
