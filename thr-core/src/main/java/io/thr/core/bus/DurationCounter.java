package io.thr.core.bus;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Counts times by how long they were, as {@link Durations} shows them. Threads may share it, and do not wait for each other. */
public final class DurationCounter {

    private static final long[] BOUNDS_NANOS = Durations.BOUNDS_MILLIS.stream()
            .mapToLong(millis -> Math.round(millis * TimeUnit.MILLISECONDS.toNanos(1)))
            .toArray();

    private final LongAdder[] counts = new LongAdder[BOUNDS_NANOS.length + 1];
    private final LongAdder sumNanos = new LongAdder();

    /** Of none yet. */
    public DurationCounter() {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    /** One more; a negative one, as clocks differ, counts as none at all. */
    public void add(long nanos) {
        long time = Math.max(0, nanos);
        int i = 0;
        while (i < BOUNDS_NANOS.length && time > BOUNDS_NANOS[i]) {
            i++;
        }
        counts[i].increment();
        sumNanos.add(time);
    }

    /** Those so far. */
    public Durations durations() {
        List<Long> sums = new ArrayList<>(counts.length);
        for (LongAdder count : counts) {
            sums.add(count.sum());
        }
        return new Durations(sums, sumNanos.sum() / 1e6);
    }
}
