package io.thr.core.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something that needs a Redis, for a program that begins without one where it must: who asks for it before there is one is
 * told so at once, and further attempts to connect are made in the background until one succeeds. Once it is there it
 * stays: what is connected reconnects by itself. Threads may share it.
 */
public final class Connecting<T extends AutoCloseable> implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Connecting.class.getName());

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(1);

    private final String what;
    private final Supplier<T> connect;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closing = lock.newCondition();
    private volatile @Nullable T connected;
    private volatile RedisUnavailableException reason;
    // guarded by lock
    private boolean closed;

    private Connecting(String what, Supplier<T> connect, RedisUnavailableException reason) {
        this.what = what;
        this.connect = connect;
        this.reason = reason;
    }

    /**
     * Makes the first attempt before it returns, and the others later.
     *
     * @param url where to; a server that is started for it is there, or there is a failure at once
     * @param what needs it, for the log
     * @param connect one attempt, which fails with {@link RedisUnavailableException}
     * @throws RedisUnavailableException where an embedded server cannot be started
     */
    public static <T extends AutoCloseable> Connecting<T> now(RedisUrl url, String what, Supplier<T> connect) {
        Connecting<T> connecting = later(url, what, connect, false);
        try {
            connecting.connected = connect.get();
        } catch (RedisUnavailableException e) {
            if (url.isEmbedded()) {
                throw e;
            }
            connecting.failed(e);
            connecting.begin();
        }
        return connecting;
    }

    /** Makes all attempts in the background, the first one at once. */
    public static <T extends AutoCloseable> Connecting<T> later(RedisUrl url, String what, Supplier<T> connect) {
        return later(url, what, connect, true);
    }

    private static <T extends AutoCloseable> Connecting<T> later(
            RedisUrl url, String what, Supplier<T> connect, boolean begin) {
        Connecting<T> connecting = new Connecting<>(
                what, connect, new RedisUnavailableException(url + ": " + what + ": not connected yet", false, null));
        if (begin) {
            connecting.begin();
        }
        return connecting;
    }

    private void begin() {
        Redis.daemon(this::keepTrying, "thr-connecting").start();
    }

    /** What was connected; null where that has not succeeded yet. */
    public @Nullable T connected() {
        return connected;
    }

    /** The same as a future, which has failed with {@link RedisUnavailableException} where there is nothing yet. */
    public CompletableFuture<T> get() {
        T now = connected;
        return now == null ? CompletableFuture.failedFuture(reason()) : CompletableFuture.completedFuture(now);
    }

    /** Why there is nothing. */
    public RedisUnavailableException reason() {
        RedisUnavailableException last = reason;
        return new RedisUnavailableException(String.valueOf(last.getMessage()), false, last);
    }

    private void failed(RedisUnavailableException e) {
        reason = e;
        LOG.log(
                Level.WARNING,
                "{0}: begins without Redis, and goes on trying. {1}",
                what,
                String.valueOf(e.getMessage()));
    }

    private void keepTrying() {
        BackOff backOff = new BackOff(FIRST_PAUSE, LAST_PAUSE);
        while (!isClosedAfter(backOff.nextMillis())) {
            try {
                if (accept(connect.get())) {
                    LOG.log(Level.INFO, "{0}: connected to Redis", what);
                }
                return;
            } catch (RedisUnavailableException e) {
                reason = e;
            } catch (RuntimeException e) {
                // a server that we cannot talk to may be exchanged for another
                LOG.log(Level.ERROR, what + ": could not connect", e);
                reason = new RedisUnavailableException(what + ": could not connect: " + e, false, e);
            }
        }
    }

    /** Waits that long, or until it is closed, which it says. */
    private boolean isClosedAfter(long millis) {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(millis);
            while (!closed && left > 0) {
                left = closing.awaitNanos(left);
            }
            return closed;
        } catch (InterruptedException e) {
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Either this sees that it is closed, or {@link #close()} sees what was connected. */
    private boolean accept(T late) {
        lock.lock();
        try {
            if (!closed) {
                connected = late;
                return true;
            }
        } finally {
            lock.unlock();
        }
        close(late);
        return false;
    }

    /** Closes what was connected, and connects no more. */
    @Override
    public void close() {
        T mine;
        lock.lock();
        try {
            closed = true;
            closing.signalAll();
            mine = connected;
        } finally {
            lock.unlock();
        }
        if (mine != null) {
            close(mine);
        }
    }

    private void close(T one) {
        try {
            one.close();
        } catch (Exception e) {
            LOG.log(Level.WARNING, what + ": could not be closed", e);
        }
    }
}
