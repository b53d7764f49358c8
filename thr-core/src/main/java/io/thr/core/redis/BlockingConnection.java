package io.thr.core.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A connection of one thread that blocks on it, made when it is needed and made anew after it was lost.
 *
 * <p>A blocking command may block for ever when its connection dies without a word, so the timer's watchdog gives up a
 * connection on which a reply is due for longer than the block may last. Used by one thread; any may close it, which ends
 * what blocks.
 */
final class BlockingConnection implements AutoCloseable {

    /** How long one blocking command may block: short, since none can be called off. */
    static final Duration BLOCK = Duration.ofSeconds(4);

    private final Redis redis;
    private final Duration replyLimit;
    private final Runnable tick = this::tick;
    private final Watchdog watchdog = new Watchdog();

    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private @Nullable LaneConnection connection;
    private boolean closed;

    private volatile boolean waiting;
    private volatile long progress;

    BlockingConnection(Redis redis) {
        this(redis, BLOCK);
    }

    /** With commands that may block for so long; its death without a word is found a second later. */
    BlockingConnection(Redis redis, Duration block) {
        this.redis = redis;
        this.replyLimit = block.plusSeconds(1);
        redis.watch(tick);
    }

    /**
     * Connects where there is no connection.
     *
     * @return whether it has made one
     * @throws RedisUnavailableException where there is none to be had, or after {@link #close}
     */
    boolean connect() {
        lock.lock();
        try {
            refuseClosed();
            if (connection != null) {
                return false;
            }
        } finally {
            lock.unlock();
        }
        LaneConnection fresh;
        try {
            fresh = redis.open();
        } catch (RedisUnavailableException e) {
            redis.outage().lost(this, e);
            throw e;
        }
        lock.lock();
        try {
            if (closed) {
                fresh.abort();
            }
            refuseClosed();
            connection = fresh;
        } finally {
            lock.unlock();
        }
        redis.outage().recovered(this);
        return true;
    }

    // under lock
    private void refuseClosed() {
        if (closed) {
            throw new RedisUnavailableException(redis.url() + ": closed", false, null);
        }
    }

    /**
     * Sends the commands in one write and waits for all replies; an error reply is given, and not thrown.
     *
     * @throws RedisUnavailableException where the connection ends before the last reply
     */
    List<@Nullable Object> askForAny(List<Command> commands) {
        connect();
        LaneConnection on;
        lock.lock();
        try {
            refuseClosed();
            on = connection;
        } finally {
            lock.unlock();
        }
        if (on == null) {
            throw new RedisUnavailableException(redis.url() + ": not connected", false, null);
        }
        progress = System.nanoTime();
        waiting = true;
        try {
            on.send(commands);
            List<@Nullable Object> replies = new ArrayList<>(commands.size());
            while (replies.size() < commands.size()) {
                replies.add(on.read());
                progress = System.nanoTime();
            }
            return replies;
        } catch (IOException | JedisConnectionException e) {
            RedisUnavailableException failure = new RedisUnavailableException(
                    redis.url() + ": " + commands.get(0).step() + ": " + e.getMessage(), true, e);
            drop(failure);
            throw failure;
        } finally {
            waiting = false;
        }
    }

    /**
     * Sends the commands in one write and waits for all replies.
     *
     * @throws RedisException where one is an error
     * @throws RedisUnavailableException where the connection ends before the last reply, or the server cannot answer now
     */
    List<@Nullable Object> ask(List<Command> commands) {
        List<@Nullable Object> replies = askForAny(commands);
        for (int i = 0; i < replies.size(); i++) {
            if (replies.get(i) instanceof JedisDataException error) {
                throw RedisErrors.replied(redis.url(), commands.get(i).step(), error);
            }
        }
        return replies;
    }

    private void drop(RedisUnavailableException cause) {
        boolean lost;
        lock.lock();
        try {
            lost = !closed;
            abort();
            connection = null;
        } finally {
            lock.unlock();
        }
        if (lost) {
            redis.outage().lost(this, cause);
        }
    }

    // under lock
    private void abort() {
        if (connection != null) {
            connection.abort();
        }
    }

    private void tick() {
        LaneConnection current;
        lock.lock();
        try {
            current = connection;
        } finally {
            lock.unlock();
        }
        if (current != null && watchdog.tick(waiting, progress + current.moved(), replyLimit)) {
            current.giveUp("no reply for " + replyLimit.toSeconds() + " s");
        }
    }

    /**
     * Warns of commands that the user may not run; for a fresh connection.
     *
     * @param whom who needs them
     */
    void warnOfMissingRights(String whom, List<Command> needed) {
        ServerCheck.warnOfMissingRights(redis.url(), this::askForAny, whom, needed);
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the connection, and what blocks on it with an error; there will be no other. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            abort();
        } finally {
            lock.unlock();
        }
        redis.unwatch(tick);
        redis.outage().forget(this);
    }
}
