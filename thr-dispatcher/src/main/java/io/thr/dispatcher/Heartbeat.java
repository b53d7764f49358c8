package io.thr.dispatcher;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Pulse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Keeps this member's lease on one bus: one command each third of it, whatever runs. The reply tells when another
 * member's lease runs out, which is when the {@link Reaper} looks, and when a request's deadline is over, which is when
 * the {@link Expiry} does. With each beat, what this member owns without knowing, as a reply was lost, is found and run.
 *
 * <p>When the lease is no longer sure, it aborts every call of the bus, for another member may be at these requests by
 * then, and their slots may be another's. While something is wrong it beats more often, so that work goes on soon after
 * Redis is back.
 */
final class Heartbeat {

    private static final System.Logger LOG = System.getLogger(Heartbeat.class.getName());

    private static final Duration EVERY = Lease.LENGTH.dividedBy(3);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final Bus bus;
    private final BusRoutes routes;
    private final Reaper reaper;
    private final Expiry expiry;
    private final Launcher launcher;
    private final Running running;
    private final ScheduledExecutorService timer;
    private final AtomicBoolean beating = new AtomicBoolean();
    // By the timer's thread only
    private boolean sure = true;
    private volatile boolean failing;

    Heartbeat(
            Bus bus,
            BusRoutes routes,
            Reaper reaper,
            Expiry expiry,
            Launcher launcher,
            Running running,
            ScheduledExecutorService timer) {
        this.bus = bus;
        this.routes = routes;
        this.reaper = reaper;
        this.expiry = expiry;
        this.launcher = launcher;
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
        return bus.scheduler().renew(Lease.LENGTH).thenAccept(pulse -> renewed(sent, pulse));
    }

    private void beatAgain() {
        // After a pause of the process, before anything else
        abortIfUnsure();
        if (!beating.compareAndSet(false, true)) {
            return;
        }
        // A timer drops a task that throws
        var beat = CompletableFuture.completedFuture(bus)
                .thenCompose(now -> beat())
                .thenCompose(done -> bus.scheduler().unknown())
                .thenAccept(this::found);
        When.done(beat, (done, error) -> {
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

    private void renewed(Lease.Renewal sent, Pulse pulse) {
        bus.lease().renewed(sent);
        bus.waiting().set(pulse.waiting());
        if (!pulse.held()) {
            LOG.log(WARNING, "{0}: the lease had run out; what was claimed under it is others'' now", bus.address());
            running.abortAll(bus);
        }
        Duration nextExpiry = pulse.nextExpiry();
        if (nextExpiry != null && nextExpiry.compareTo(EVERY) < 0) {
            reaper.lookIn(nextExpiry, this::beatAgain);
        }
        if (pulse.nextDeadline() != null) {
            expiry.dueIn(pulse.nextDeadline());
        }
    }

    private void found(List<Claim> claims) {
        List<Claim> toSettle = new ArrayList<>();
        for (Claim claim : claims) {
            Queueing queueing = routes.serving(claim.queue());
            if (claim.origin() == Claim.Origin.GRANTED && queueing != null) {
                launcher.launchUnknown(queueing.finisher(), claim);
            } else {
                toSettle.add(claim);
            }
        }
        if (!toSettle.isEmpty()) {
            When.failed(reaper.settle(toSettle));
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
            running.abortAll(bus);
        } else if (!sure && now) {
            LOG.log(INFO, "{0}: the lease is renewed", bus.address());
        }
        sure = now;
    }
}
