package io.thr.dispatcher;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.schedule.Claim;
import io.thr.core.schedule.LostSlots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Takes over what lost members have held: what may run is scheduled again in its old place, or goes back to its queue
 * where this member does not serve that; of the rest, the clients get their answer here.
 */
final class Reaper {

    private static final System.Logger LOG = System.getLogger(Reaper.class.getName());

    private static final int BATCH = 64;

    /** So that the lease, by Redis' clock, is surely over; well inside the second that is promised. */
    private static final Duration AFTER = Duration.ofMillis(100);

    private final Bus bus;
    private final BusRoutes routes;
    private final Supplier<LostSlots> lostSlots;
    private final Admission admission;
    private final Answering answering;
    private final ScheduledExecutorService timer;
    // From the time a look is scheduled until nothing more is found: takeOver() is for one at a time
    private final AtomicBoolean looking = new AtomicBoolean();

    Reaper(
            Bus bus,
            BusRoutes routes,
            Supplier<LostSlots> lostSlots,
            Admission admission,
            Answering answering,
            ScheduledExecutorService timer) {
        this.bus = bus;
        this.routes = routes;
        this.lostSlots = lostSlots;
        this.admission = admission;
        this.answering = answering;
        this.timer = timer;
    }

    /**
     * Looks when that time is over, unless it is about to look or at it.
     *
     * @param over called by the timer when it has looked: another lease may run out soon after, and only a beat tells when
     */
    void lookIn(Duration time, Runnable over) {
        if (!timer.isShutdown() && looking.compareAndSet(false, true)) {
            var unused = timer.schedule(() -> takeOver(over), time.plus(AFTER).toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void takeOver(Runnable over) {
        if (!bus.lease().isSure()) {
            looking.set(false);
            return;
        }
        When.done(bus.scheduler().takeOver(BATCH, lostSlots.get()), (claims, error) -> {
            if (error != null) {
                looking.set(false);
                LOG.log(WARNING, "{0}: nothing could be taken over: {1}", bus.address(), error);
            } else if (claims.isEmpty()) {
                looking.set(false);
                if (!timer.isShutdown()) {
                    var unused = timer.schedule(over, 0, TimeUnit.MILLISECONDS);
                }
            } else {
                LOG.log(INFO, "{0}: took over {1} requests of lost dispatchers", bus.address(), claims.size());
                When.done(When.tried(() -> settle(claims)), (done, failure) -> takeOver(over));
            }
        });
    }

    /** Sees to claims of any queue that came to this member in another way than by its intakes. */
    CompletableFuture<Void> settle(List<Claim> claims) {
        Map<Queueing, List<Claim>> served = new LinkedHashMap<>();
        for (Claim claim : claims) {
            Queueing queueing = routes.serving(claim.queue());
            if (queueing == null) {
                When.failed(pass(claim, admission.decide(claim)));
            } else {
                served.computeIfAbsent(queueing, none -> new ArrayList<>()).add(claim);
            }
        }
        return CompletableFuture.allOf(served.entrySet().stream()
                .map(entry -> entry.getKey().settle(entry.getValue()))
                .toArray(CompletableFuture<?>[]::new));
    }

    private CompletableFuture<Void> pass(Claim claim, Decision decision) {
        return decision instanceof Decision.Run run
                ? answering.giveBack(routes.finisher(), claim, run.message())
                : answering.conclude(routes.finisher(), claim, decision, false);
    }
}
