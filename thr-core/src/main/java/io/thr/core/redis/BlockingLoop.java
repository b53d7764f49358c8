package io.thr.core.redis;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A connection and a thread of its own that wait for what comes in, again and again, and reconnect by themselves until
 * they are closed.
 *
 * <p>A blocking command may block for ever when its connection dies without a word, so the timer's watchdog gives up a
 * connection on which replies are due for longer than the block may last.
 */
final class BlockingLoop implements AutoCloseable {

    private static final Logger LOG = System.getLogger(BlockingLoop.class.getName());

    /** How long one blocking command may block: short, since none can be called off. */
    static final Duration BLOCK = Duration.ofSeconds(4);

    private static final Duration REPLY_LIMIT = BLOCK.plusSeconds(1);
    private static final long CLOSE_MILLIS = 1000;

    private final Redis redis;
    private final Cycle cycle;
    private final Thread thread;
    private final Runnable tick = this::tick;
    private final Watchdog watchdog = new Watchdog();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closing = lock.newCondition();
    // guarded by lock
    private @Nullable LaneConnection connection;
    private boolean closed;

    private volatile boolean waiting;
    private volatile long progress;

    /** What is done over and over. Called on the loop's thread alone. */
    interface Cycle {

        /** A connection has been made, the first or a later one. */
        void connected(Questions questions) throws IOException;

        /** One wait and what follows from it. */
        void once(Questions questions) throws IOException;
    }

    /** The connection as a cycle uses it. */
    interface Questions {

        /**
         * Sends the commands as one and waits for all replies.
         *
         * @throws IOException where the connection has ended
         * @throws RedisException where one is an error
         */
        List<Object> ask(List<Command> commands) throws IOException;
    }

    /** Starts at once; the first connection is made on the loop's thread. */
    BlockingLoop(String name, Redis redis, Cycle cycle) {
        this.redis = redis;
        this.cycle = cycle;
        this.thread = Redis.daemon(this::run, name);
        redis.watch(tick);
        thread.start();
    }

    private void run() {
        BackOff pauses = new BackOff(redis.limits().firstPause(), redis.limits().lastPause());
        while (!isClosed()) {
            try {
                LaneConnection opened = open();
                if (opened == null) {
                    return;
                }
                Questions questions = commands -> ask(opened, commands);
                cycle.connected(questions);
                redis.outage().recovered(this);
                pauses.reset();
                while (true) {
                    cycle.once(questions);
                }
            } catch (IOException | RuntimeException e) {
                if (!isClosed()) {
                    failed(e);
                    pause(pauses.nextMillis());
                }
            }
        }
    }

    private void failed(Exception failure) {
        if (failure instanceof IOException || failure instanceof RedisUnavailableException) {
            redis.outage().lost(this, failure);
        } else {
            LOG.log(Level.ERROR, thread.getName() + ": starts anew", failure);
        }
        drop();
    }

    private @Nullable LaneConnection open() {
        LaneConnection fresh = redis.open();
        lock.lock();
        try {
            if (closed) {
                fresh.abort();
                return null;
            }
            connection = fresh;
            return fresh;
        } finally {
            lock.unlock();
        }
    }

    private List<Object> ask(LaneConnection on, List<Command> commands) throws IOException {
        progress = System.nanoTime();
        waiting = true;
        try {
            on.send(commands);
            List<Object> replies = new java.util.ArrayList<>(commands.size());
            JedisDataException error = null;
            String step = "";
            for (Command command : commands) {
                Object reply = on.read();
                progress = System.nanoTime();
                if (reply instanceof JedisDataException refused && error == null) {
                    error = refused;
                    step = command.step();
                }
                replies.add(reply);
            }
            if (error != null) {
                throw RedisErrors.replied(redis.url(), step, error);
            }
            return replies;
        } catch (redis.clients.jedis.exceptions.JedisConnectionException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            waiting = false;
        }
    }

    private void tick() {
        if (watchdog.tick(waiting, progress, REPLY_LIMIT)) {
            drop();
        }
    }

    private void drop() {
        lock.lock();
        try {
            if (connection != null) {
                connection.abort();
            }
        } finally {
            lock.unlock();
        }
    }

    private void pause(long millis) {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(millis);
            while (left > 0 && !closed) {
                left = closing.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // Nobody but close() ends this thread; it looks again.
            LOG.log(Level.DEBUG, "interrupted in a pause", e);
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the wait and the thread. Called on that thread itself, it returns before the thread has ended. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            closing.signalAll();
            if (connection != null) {
                connection.abort();
            }
        } finally {
            lock.unlock();
        }
        redis.unwatch(tick);
        redis.outage().forget(this);
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
