package io.thr.dispatcher;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.claim.Claim;
import io.thr.core.redis.ClaimReader;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Takes work: waits for a free slot, then for messages, and takes no more of them than may run at once, so that what
 * cannot run yet stays in Redis for others. A thread of its own runs it; it hands each claim on and waits for nobody.
 */
final class Intake implements Runnable {

    private static final System.Logger LOG = System.getLogger(Intake.class.getName());

    /** How many messages at most come in one round trip. */
    private static final int BATCH = 64;

    private static final long PAUSE_MILLIS = 250;

    private final Route route;
    private final ClaimReader reader;
    private final Admission admission;
    private final Forwarder forwarder;
    private final Answering answering;
    private final Running running;
    private final InstantSource clock;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private boolean outOfReach;

    Intake(
            Route route,
            Admission admission,
            Forwarder forwarder,
            Answering answering,
            Running running,
            InstantSource clock) {
        this.route = route;
        this.reader = route.bus().claims().reader(route.settings().queues());
        this.admission = admission;
        this.forwarder = forwarder;
        this.answering = answering;
        this.running = running;
        this.clock = clock;
    }

    @Override
    public void run() {
        while (!isStopping()) {
            int free = route.slots().acquireUpTo(BATCH);
            List<Claim> claims = isStopping() ? List.of() : take(free);
            route.slots().release(free - claims.size());
            claims.forEach(this::admit);
        }
    }

    /** Ends {@link #run} soon. What its last call takes all the same is given back. */
    void stop() {
        stopping.countDown();
        reader.close();
    }

    private boolean isStopping() {
        return stopping.getCount() == 0;
    }

    private List<Claim> take(int free) {
        if (!route.bus().lease().isSure()) {
            pause();
            return List.of();
        }
        try {
            List<Claim> claims = reader.take(free);
            if (outOfReach) {
                outOfReach = false;
                LOG.log(INFO, "{0}: in reach again", route.settings().queues());
            }
            return claims;
        } catch (RuntimeException e) {
            // Out of reach, or it refuses: neither ends an intake
            route.bus().lease().doubt();
            if (!outOfReach && !isStopping()) {
                outOfReach = true;
                LOG.log(
                        WARNING,
                        "{0}: {1}; trying again until it is in reach",
                        route.settings().queues(),
                        e.getMessage());
            }
            pause();
            return List.of();
        }
    }

    private void admit(Claim claim) {
        Decision decision = admission.decide(claim);
        if (decision instanceof Decision.Run run) {
            start(new Execution(route, claim, run.message(), clock.millis()));
        } else if (decision instanceof Decision.Refuse refuse) {
            over(claim, answering.refuse(route.bus(), claim, refuse.message(), refuse.problem()));
        } else if (decision instanceof Decision.Bury bury) {
            over(claim, answering.bury(route.bus(), claim, bury));
        }
    }

    private void start(Execution execution) {
        if (running.enter(execution) != null) {
            answering.dropDuplicate(execution);
            return;
        }
        try {
            forwarder.forward(execution);
        } catch (RuntimeException e) {
            answering.refuse(execution, new Problem(502, "the request could not be sent to the upstream"), e);
        }
    }

    private void over(Claim claim, CompletableFuture<Void> lastWord) {
        When.done(lastWord, (done, error) -> {
            route.slots().release(1);
            if (error != null) {
                LOG.log(WARNING, "a message of {0} could not be answered: {1}", claim.queue(), error);
            }
        });
    }

    private void pause() {
        try {
            boolean unused = stopping.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
