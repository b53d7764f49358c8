package io.thr.core.redis;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The lists on which fronts put requests. Threads may share it. */
public final class RequestQueue {

    private final Redis redis;

    /** The queues of that Redis. */
    public RequestQueue(Redis redis) {
        this.redis = redis;
    }

    /**
     * Puts a message on the queue; gives the list's length with it.
     *
     * <p>The future fails with a {@link RedisUnavailableException} where the server is away: after 50 ms at most, and at
     * once where it is known to be. It fails with a {@link RedisException} where the server refuses, for instance because
     * its memory is full. The message is not copied, and must not change any more.
     */
    public CompletableFuture<Long> offer(String queue, byte[] message) {
        return redis.call(Command.of("LPUSH", queue, message), Patience.SHORT, length -> (Long) length);
    }

    /**
     * Puts a message on the queue once more, after the server has lost it: waits for a server that is away, and does it
     * again when nobody knows whether it was done.
     *
     * @param within how long it may wait; then the future fails as that of {@link #offer}
     */
    public CompletableFuture<Long> offerAgain(String queue, byte[] message, Duration within) {
        return redis.call(Command.of("LPUSH", queue, message), Patience.repeatable(within), length -> (Long) length);
    }
}
