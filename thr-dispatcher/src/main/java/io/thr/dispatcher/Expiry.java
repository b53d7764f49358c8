package io.thr.dispatcher;

import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.log.StormLog;
import io.thr.core.schedule.Claim;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the waiting requests of one bus whose deadline is over, whoever has scheduled them. It looks at the first
 * deadline that it knows of: of what this member has scheduled, of what a heartbeat tells, and of what a look has told.
 * Threads may share it.
 */
final class Expiry {

    private static final System.Logger LOG = System.getLogger(Expiry.class.getName());
    private static final StormLog UNASKED = StormLog.of(LOG);

    /** Redis' clock may be behind ours, or what is first may be a lost member's that is not ours to find. */
    private static final long LEAST_MILLIS = 5;

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final Bus bus;
    private final Consumer<Claim> found;
    private final ScheduledExecutorService timer;
    private final InstantSource clock;

    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private long nextMillis = Long.MAX_VALUE;
    private @Nullable ScheduledFuture<?> alarm;
    private boolean looking;

    Expiry(Bus bus, Consumer<Claim> found, ScheduledExecutorService timer, InstantSource clock) {
        this.bus = bus;
        this.found = found;
        this.timer = timer;
        this.clock = clock;
    }

    /** Something's deadline is over in that time. */
    void dueIn(Duration time) {
        dueAt(clock.millis() + time.toMillis());
    }

    /** Something's deadline is over then, epoch milliseconds. */
    void dueAt(long millis) {
        lock.lock();
        try {
            if (millis >= nextMillis || timer.isShutdown()) {
                return;
            }
            nextMillis = millis;
            if (!looking) {
                set();
            }
        } finally {
            lock.unlock();
        }
    }

    private void set() {
        if (alarm != null) {
            alarm.cancel(false);
        }
        alarm = null;
        if (nextMillis != Long.MAX_VALUE && !timer.isShutdown()) {
            long wait = Math.max(LEAST_MILLIS, nextMillis - clock.millis() + 1);
            alarm = timer.schedule(this::look, wait, TimeUnit.MILLISECONDS);
        }
    }

    private void look() {
        lock.lock();
        try {
            looking = true;
            nextMillis = Long.MAX_VALUE;
        } finally {
            lock.unlock();
        }
        lookOn();
    }

    private void lookOn() {
        if (!bus.lease().isSure()) {
            // The heartbeat that renews it tells of the next deadline
            looked();
            return;
        }
        When.done(bus.scheduler().expire(), (expired, error) -> {
            if (error != null) {
                if (!timer.isShutdown()) {
                    UNASKED.log(WARNING, "{0}: no look at the deadlines was possible: {1}", bus.address(), error);
                }
                dueIn(AFTER_FAILURE);
                looked();
                return;
            }
            try {
                expired.claims().forEach(found);
            } finally {
                if (expired.more()) {
                    lookOn();
                } else {
                    if (expired.nextDeadline() != null) {
                        dueIn(expired.nextDeadline());
                    }
                    looked();
                }
            }
        });
    }

    private void looked() {
        lock.lock();
        try {
            looking = false;
            set();
        } finally {
            lock.unlock();
        }
    }
}
