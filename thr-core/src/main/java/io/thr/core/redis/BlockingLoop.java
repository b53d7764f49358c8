package io.thr.core.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection and a thread of its own that wait for what comes in, again and again, and reconnect by themselves until
 * they are closed.
 */
final class BlockingLoop implements AutoCloseable {

    private static final Logger LOG = System.getLogger(BlockingLoop.class.getName());
    private static final long CLOSE_MILLIS = 1000;

    private final Cycle cycle;
    private final BlockingConnection connection;
    private final BackOff pauses;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closing = lock.newCondition();

    // owned by the loop's thread
    private boolean greeted;
    private @Nullable String lastError;

    /** What is done over and over. Called on the loop's thread alone; a failure is followed by a pause. */
    interface Cycle {

        /** A connection has been made, the first or a later one. Again where it fails. */
        void connected(BlockingConnection connection);

        /** One wait and what follows from it. */
        void once(BlockingConnection connection);
    }

    /** The thread begins with {@link #start}; the first connection is made on it. */
    BlockingLoop(String name, Redis redis, Cycle cycle) {
        this(name, redis, BlockingConnection.BLOCK, cycle);
    }

    /** The same with commands that may block for so long. */
    BlockingLoop(String name, Redis redis, Duration block, Cycle cycle) {
        this.cycle = cycle;
        this.connection = new BlockingConnection(redis, block);
        this.pauses = new BackOff(redis.limits().firstPause(), redis.limits().lastPause());
        this.thread = Redis.daemon(this::run, name);
    }

    /** Begins. */
    void start() {
        thread.start();
    }

    private void run() {
        while (!connection.isClosed()) {
            try {
                if (connection.connect()) {
                    greeted = false;
                }
                if (!greeted) {
                    cycle.connected(connection);
                    greeted = true;
                }
                cycle.once(connection);
                pauses.reset();
                lastError = null;
            } catch (RedisUnavailableException e) {
                // the connection has logged the outage, once
                pause();
            } catch (RuntimeException e) {
                log(e);
                pause();
            }
        }
    }

    /** An error that stays (a right that is missing) comes back with every attempt, and is told once. */
    private void log(RuntimeException error) {
        if (!Objects.equals(error.getMessage(), lastError)) {
            lastError = error.getMessage();
            LOG.log(Level.ERROR, thread.getName() + ": tries again", error);
        }
    }

    private void pause() {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(pauses.nextMillis());
            while (left > 0 && !connection.isClosed()) {
                left = closing.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // nobody but close() ends this thread; it looks again
            LOG.log(Level.DEBUG, "interrupted in a pause", e);
        } finally {
            lock.unlock();
        }
    }

    /** Ends the wait and the thread. Called on that thread itself, it returns before the thread has ended. */
    @Override
    public void close() {
        connection.close();
        lock.lock();
        try {
            closing.signalAll();
        } finally {
            lock.unlock();
        }
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
