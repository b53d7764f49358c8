package io.thr.core.redis;

import java.util.concurrent.CompletableFuture;

/**
 * Changes what happens on a bus: for those who run it. Needs no running member. Threads may share it.
 *
 * <p>Each change is one step in Redis: it is made or not. Each future fails with a {@link RedisException} or {@link
 * RedisUnavailableException} where Redis cannot be asked; whether the change was made is not known then, and making it
 * again does no harm.
 */
public final class BusControl {

    /** For that bus. */
    public BusControl(Redis redis, RedisKeys keys) {}

    /** Begins nothing more of that queue, on no member, until {@link #resume}; what runs goes on. False: it is paused already. */
    public CompletableFuture<Boolean> pause(String queue) {
        throw new UnsupportedOperationException();
    }

    /** Ends the pause. False: there is none. */
    public CompletableFuture<Boolean> resume(String queue) {
        throw new UnsupportedOperationException();
    }

    /** Answers all that waits in that queue, on its list or as a ticket, with 503; what runs goes on. Gives how many. */
    public CompletableFuture<Long> purge(String queue) {
        throw new UnsupportedOperationException();
    }

    /**
     * Sets a maximum instead of the configured one, until {@link #resetLimit}; a restart of dispatchers does not end it.
     *
     * @param max 0 and more; with 0 nothing more of it is begun
     * @return false: there is no such limit
     */
    public CompletableFuture<Boolean> setLimit(String name, int max) {
        throw new UnsupportedOperationException();
    }

    /** Puts the configured maximum in force again. False: it is in force. */
    public CompletableFuture<Boolean> resetLimit(String name) {
        throw new UnsupportedOperationException();
    }

    /** Tells a member to take nothing more, to finish what it runs, and to end. False: there is no such member. */
    public CompletableFuture<Boolean> drain(String member) {
        throw new UnsupportedOperationException();
    }

    /** Puts the message of a dead letter on its queue again. False: there is no such letter any more. */
    public CompletableFuture<Boolean> retry(String queue, String letterId) {
        throw new UnsupportedOperationException();
    }

    /** Forgets the dead letters of that queue. Gives how many. */
    public CompletableFuture<Long> purgeDead(String queue) {
        throw new UnsupportedOperationException();
    }
}
