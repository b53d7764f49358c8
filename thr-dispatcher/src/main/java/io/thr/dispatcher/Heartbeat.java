package io.thr.dispatcher;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.redis.RedisClaims;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Keeps this member's lease on one bus: one command each third of it, whatever runs. The reply tells when another
 * member's lease runs out, which is when the {@link Reaper} looks. When the lease is no longer sure, it aborts what must
 * not run twice, for another member may be answering it by then. While something is wrong it beats more often, so that
 * work goes on soon after Redis is back.
 */
final class Heartbeat {

    private static final System.Logger LOG = System.getLogger(Heartbeat.class.getName());

    private static final Duration EVERY = Lease.LENGTH.dividedBy(3);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final Bus bus;
    private final Reaper reaper;
    private final Running running;
    private final ScheduledExecutorService timer;
    private final AtomicBoolean beating = new AtomicBoolean();
    // By the timer's thread only
    private boolean sure = true;
    private volatile boolean failing;

    Heartbeat(Bus bus, Reaper reaper, Running running, ScheduledExecutorService timer) {
        this.bus = bus;
        this.reaper = reaper;
        this.running = running;
        this.timer = timer;
    }

    /** Begins to beat; the future ends with the first beat. */
    CompletableFuture<Void> start() {
        CompletableFuture<Void> first = beat();
        long everyMillis = EVERY.toMillis();
        var unusedBeat = timer.scheduleAtFixedRate(this::beatAgain, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
        long lookMillis = LOOK_EVERY.toMillis();
        var unusedLook = timer.scheduleAtFixedRate(this::look, lookMillis, lookMillis, TimeUnit.MILLISECONDS);
        return first;
    }

    private CompletableFuture<Void> beat() {
        Lease.Renewal sent = bus.lease().now();
        return bus.claims().renew(Lease.LENGTH).thenAccept(heartbeat -> renewed(sent, heartbeat));
    }

    private void beatAgain() {
        // After a pause of the process, before anything else
        abortIfUnsure();
        if (!beating.compareAndSet(false, true)) {
            return;
        }
        // A timer drops a task that throws
        When.done(CompletableFuture.completedFuture(bus).thenCompose(now -> beat()), (done, error) -> {
            beating.set(false);
            if (error != null) {
                bus.lease().doubt();
                tellOnce(error);
            } else {
                failing = false;
            }
        });
    }

    private void tellOnce(Throwable error) {
        if (!failing && !timer.isShutdown()) {
            LOG.log(WARNING, "{0}: the lease could not be renewed: {1}", bus.address(), error);
        }
        failing = true;
    }

    private void renewed(Lease.Renewal sent, RedisClaims.Heartbeat heartbeat) {
        bus.lease().renewed(sent);
        if (!heartbeat.held()) {
            LOG.log(WARNING, "{0}: the lease had run out; what was claimed under it is others'' now", bus.address());
            abortUnsafe();
        }
        Duration nextExpiry = heartbeat.nextExpiry();
        if (nextExpiry != null && nextExpiry.compareTo(EVERY) < 0) {
            reaper.lookIn(nextExpiry);
        }
    }

    private void look() {
        if (bus.lease().isDoubted()) {
            beatAgain();
        } else {
            abortIfUnsure();
        }
    }

    private void abortIfUnsure() {
        boolean now = bus.lease().isSure();
        if (sure && !now) {
            LOG.log(WARNING, "{0}: the lease is not sure any more; nothing is begun until it is", bus.address());
            abortUnsafe();
        } else if (!sure && now) {
            LOG.log(INFO, "{0}: the lease is renewed", bus.address());
        }
        sure = now;
    }

    /** Whoever takes their claims over says that nobody knows how far they got: they should not get any further. */
    private void abortUnsafe() {
        running.all().stream()
                .filter(execution -> execution.bus().equals(bus) && !execution.repeatable())
                .forEach(Execution::abort);
    }
}
