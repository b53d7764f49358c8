package io.thr.core.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The lists on which fronts put requests, none longer than a bound. Threads may share it.
 *
 * <p>The bound costs nothing where it holds: LPUSH tells the length, and what made the list too long is taken back, from
 * the head, where it still is. So lists are too long for a moment, by what is on its way, and the latest to come is the
 * one refused. A dispatcher that was faster than the taking back has accepted the message.
 */
public final class RequestQueue {

    private final Redis redis;
    private final RedisKeys keys;
    private final int maxLength;

    /**
     * The queues of that bus.
     *
     * @param maxLength how many messages a list may have, at least 1
     */
    public RequestQueue(Redis redis, RedisKeys keys, int maxLength) {
        if (maxLength < 1) {
            throw new IllegalArgumentException("maxLength: " + maxLength + " (expected: >= 1)");
        }
        this.redis = redis;
        this.keys = keys;
        this.maxLength = maxLength;
    }

    /**
     * Puts a message on the queue, unless that is full.
     *
     * <p>The future fails with a {@link RedisUnavailableException} where the server is away: after 50 ms at most, and at
     * once where it is known to be. It fails with a {@link RedisException} where the server refuses, for instance because
     * its memory is full. The message is not copied, and must not change any more.
     */
    public CompletableFuture<Offer> offer(String queue, byte[] message) {
        return redis.call(Command.of("LPUSH", queue, message), Patience.SHORT, length -> (Long) length)
                .thenCompose(length -> length <= maxLength
                        ? CompletableFuture.completedFuture(new Offer.Queued(length))
                        : takeBack(queue, message, length));
    }

    private CompletableFuture<Offer> takeBack(String queue, byte[] message, long length) {
        // Not repeatable: a second LREM finds nothing, which would mean that a dispatcher has it.
        CompletableFuture<Offer> takenBack = redis.call(
                List.of(Command.of("LREM", queue, 1, message), Command.of("HGET", keys.drained(), queue)),
                Patience.SHORT,
                replies -> replies.get(0).equals(0L)
                        ? new Offer.Queued(length)
                        : new Offer.Full(length - 1, rate(replies.get(1))));
        return takenBack.exceptionally(failure -> {
            // whatever became of the LREM, the message was on the list
            throw new RedisUnavailableException(
                    redis.url() + ": LREM " + queue + ": " + failure.getMessage(), true, failure);
        });
    }

    /** The first word of what {@code claims_take.lua} keeps. */
    private static double rate(@Nullable Object drained) {
        if (drained == null) {
            return 0;
        }
        String text = ClaimTaker.text(drained);
        int end = text.indexOf(' ');
        return Double.parseDouble(end < 0 ? text : text.substring(0, end));
    }

    /**
     * Puts a message on the queue once more, after the server has lost it, whatever the queue's length: waits for a server
     * that is away, and does it again when nobody knows whether it was done.
     *
     * @param within how long it may wait; then the future fails as that of {@link #offer}
     */
    public CompletableFuture<Offer> offerAgain(String queue, byte[] message, Duration within) {
        return redis.call(
                Command.of("LPUSH", queue, message),
                Patience.repeatable(within),
                length -> new Offer.Queued((Long) length));
    }
}
