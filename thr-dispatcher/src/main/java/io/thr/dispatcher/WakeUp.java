package io.thr.dispatcher;

import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.log.StormLog;
import io.thr.core.redis.RedisScheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Takes what nobody else has taken: it is called while something of the route's queues can run, and fills the route's
 * free slots. While none is free it waits for one, and has Redis asked again only then: those that end take the next ones
 * themselves. Each of the queues has a connection and a thread of its own.
 */
final class WakeUp implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(WakeUp.class.getName());
    private static final StormLog UNASKED = StormLog.of(LOG);

    private static final long PAUSE_MILLIS = 250;

    /** Others were faster again and again: so long a pause at most, that nothing waits for long while slots are free. */
    private static final long MOST_MILLIS = 20;

    private final Finisher finisher;
    private final Route route;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final List<AutoCloseable> connections = new ArrayList<>();

    private WakeUp(Finisher finisher) {
        this.finisher = finisher;
        this.route = finisher.route();
    }

    /** Begins to listen. */
    static WakeUp start(Finisher finisher) {
        WakeUp wakeUp = new WakeUp(finisher);
        for (String queue : wakeUp.route.settings().queues()) {
            Call call = wakeUp.new Call();
            wakeUp.connections.add(wakeUp.route.bus().scheduler().wakes(queue, call));
        }
        return wakeUp;
    }

    /** From now on it takes nothing. */
    void stop() {
        stopping.countDown();
    }

    @Override
    public void close() throws Exception {
        stop();
        for (AutoCloseable connection : connections) {
            connection.close();
        }
    }

    /** One queue's, by one thread. */
    private final class Call implements Runnable {

        private long inVainMillis;

        @Override
        public void run() {
            if (!route.bus().lease().isSure() || stopping.getCount() == 0) {
                pause(PAUSE_MILLIS);
                return;
            }
            int slots = route.slots().tryAcquireUpTo(RedisScheduler.MOST);
            if (slots == 0) {
                route.slots().awaitOne();
                return;
            }
            try {
                if (finisher.take(slots).join() > 0) {
                    inVainMillis = 0;
                    return;
                }
            } catch (CompletionException e) {
                UNASKED.log(
                        WARNING,
                        "{0}: nothing could be taken: {1}",
                        route.settings().queues(),
                        e.getCause());
                pause(PAUSE_MILLIS);
                return;
            }
            pause(inVainMillis);
            inVainMillis = Math.min(MOST_MILLIS, 2 * inVainMillis + 1);
        }

        private void pause(long millis) {
            try {
                boolean unused = stopping.await(millis, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
