package io.thr.dispatcher;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.log.StormLog;
import io.thr.core.redis.ClaimReader;
import io.thr.core.schedule.Claim;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Takes work: waits for messages and hands them to the scheduler, whether there is room for them or not, so that none
 * that could run waits behind one that cannot. It takes the next when these are scheduled: the more there is, the more it
 * takes at once. A thread of its own runs it.
 */
final class Intake implements Runnable {

    private static final System.Logger LOG = System.getLogger(Intake.class.getName());
    private static final StormLog UNSCHEDULED = StormLog.of(LOG);

    /** How many messages at most come in one round trip. */
    private static final int BATCH = 64;

    private static final long PAUSE_MILLIS = 250;

    private final Queueing queueing;
    private final Route route;
    private final ClaimReader reader;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private boolean outOfReach;

    /**
     * For that route.
     *
     * @param maxWaiting how many tickets wait on the bus before messages stay on their lists
     */
    Intake(Queueing queueing, int maxWaiting) {
        this.queueing = queueing;
        this.route = queueing.route();
        this.reader = route.bus().scheduler().reader(route.settings().queues(), maxWaiting);
    }

    @Override
    public void run() {
        while (!isStopping()) {
            List<Claim> claims = take();
            if (!claims.isEmpty()) {
                settle(claims);
            }
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

    private List<Claim> take() {
        if (!route.bus().lease().isSure()) {
            pause();
            return List.of();
        }
        try {
            List<Claim> claims = reader.take(BATCH);
            route.meters().taken(claims.size());
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

    private void settle(List<Claim> claims) {
        try {
            queueing.settle(claims).join();
        } catch (RuntimeException e) {
            // Whatever it is, it does not end an intake
            UNSCHEDULED.log(
                    WARNING,
                    "{0}: some requests could not be scheduled: {1}",
                    route.settings().queues(),
                    e);
        }
    }

    private void pause() {
        try {
            boolean unused = stopping.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
