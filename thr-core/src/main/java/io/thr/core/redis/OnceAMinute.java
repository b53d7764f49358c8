package io.thr.core.redis;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** For a warning whose cause comes again with every request. Threads may share it. */
final class OnceAMinute {

    private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final AtomicLong lastNanos = new AtomicLong(System.nanoTime() - PAUSE_NANOS);

    /** True for one caller in a minute. */
    boolean isDue() {
        long now = System.nanoTime();
        long last = lastNanos.get();
        return now - last >= PAUSE_NANOS && lastNanos.compareAndSet(last, now);
    }
}
