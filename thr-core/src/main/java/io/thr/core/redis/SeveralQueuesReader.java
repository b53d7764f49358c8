package io.thr.core.redis;

import io.thr.core.log.StormLog;
import io.thr.core.schedule.Claim;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Waits for several queues. A list can be waited for without taking from it one at a time only, so each queue has a
 * thread and a connection that wait for it and do nothing else; they wake the reader, which takes from all in order of
 * preference.
 *
 * <p>A list that is not empty does not make anybody wait, so a waiter that has found one rests until the reader wants to
 * know again.
 */
final class SeveralQueuesReader implements ClaimReader {

    private static final Logger LOG = System.getLogger(SeveralQueuesReader.class.getName());
    private static final StormLog REFUSED = StormLog.of(LOG);

    private final Redis redis;
    private final ClaimTaker taker;
    private final List<Waiter> waiters = new ArrayList<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // guarded by lock
    private boolean wanted;
    private boolean found;
    private boolean closed;

    private boolean workIsThere;

    SeveralQueuesReader(Redis redis, ClaimTaker taker, List<String> queues) {
        this.redis = redis;
        this.taker = taker;
        for (String queue : queues) {
            waiters.add(new Waiter(queue));
        }
        for (Waiter waiter : waiters) {
            Redis.daemon(waiter::run, "thr-redis-wait").start();
        }
    }

    @Override
    public List<Claim> take(int max) {
        try {
            List<Claim> claims = taker.recovered(max);
            if (claims.isEmpty() && workIsThere) {
                claims = taker.take(max, null);
            }
            // a waiter may have seen what the last call took, and another member may have been faster
            long untilNanos = System.nanoTime() + BlockingConnection.BLOCK.toNanos();
            while (claims.isEmpty() && awaitWork(untilNanos)) {
                claims = taker.take(max, null);
            }
            workIsThere = !claims.isEmpty();
            return claims;
        } catch (RedisUnavailableException e) {
            if (taker.isClosed()) {
                return List.of();
            }
            throw e;
        }
    }

    /** Until a waiter has found something; false where none has by then, or where closed. */
    private boolean awaitWork(long untilNanos) {
        lock.lock();
        try {
            wanted = true;
            changed.signalAll();
            long left = untilNanos - System.nanoTime();
            while (!found && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            boolean work = found && !closed;
            wanted = false;
            found = false;
            return work;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        waiters.forEach(Waiter::close);
        taker.close();
    }

    private final class Waiter {

        private final BlockingConnection connection = new BlockingConnection(redis);
        private final BackOff pauses =
                new BackOff(redis.limits().firstPause(), redis.limits().lastPause());
        private final Command wait;

        Waiter(String queue) {
            wait = Command.of("BLMOVE", queue, queue, "RIGHT", "RIGHT", BlockingConnection.BLOCK.toSeconds());
        }

        void run() {
            while (awaitWanted()) {
                try {
                    boolean something = connection.ask(List.of(wait)).get(0) != null;
                    pauses.reset();
                    if (something) {
                        tell();
                    }
                } catch (RedisUnavailableException e) {
                    // the outage is logged by the connection
                    pause();
                } catch (RedisException e) {
                    REFUSED.log(Level.ERROR, "cannot wait for a queue", e);
                    pause();
                }
            }
        }

        /** Until the reader waits and nobody has found anything; false where closed. */
        private boolean awaitWanted() {
            lock.lock();
            try {
                while (!closed && (!wanted || found)) {
                    changed.await();
                }
                return !closed;
            } catch (InterruptedException e) {
                // nobody but close() ends this thread
                return !closed;
            } finally {
                lock.unlock();
            }
        }

        private void tell() {
            lock.lock();
            try {
                found = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void pause() {
            lock.lock();
            try {
                long left = TimeUnit.MILLISECONDS.toNanos(pauses.nextMillis());
                while (!closed && left > 0) {
                    left = changed.awaitNanos(left);
                }
            } catch (InterruptedException e) {
                LOG.log(Level.DEBUG, "interrupted in a pause", e);
            } finally {
                lock.unlock();
            }
        }

        void close() {
            connection.close();
        }
    }
}
