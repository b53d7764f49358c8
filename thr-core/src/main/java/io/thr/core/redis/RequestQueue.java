package io.thr.core.redis;

import java.util.concurrent.CompletableFuture;

/** The lists on which fronts put requests. */
public final class RequestQueue {

    /** The queues of that Redis. */
    public RequestQueue(Redis redis) {}

    /** Puts a message on the queue; gives the list's length with it, or a {@link RedisUnavailableException}. */
    public CompletableFuture<Long> offer(String queue, byte[] message) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }
}
