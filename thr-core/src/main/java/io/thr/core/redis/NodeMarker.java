package io.thr.core.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A key that stands as long as the server has not lost its data: set at the first connection, looked at after every
 * reconnection, renewed long before it expires. Where it is gone, what the node had queued may be gone too.
 *
 * <p>Used by the inbox's thread, except for {@link #remove}.
 */
final class NodeMarker {

    private static final Logger LOG = System.getLogger(NodeMarker.class.getName());
    private static final Duration EXPIRY = Duration.ofHours(24);
    private static final long RENEWAL_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final long REMOVAL_MILLIS = 500;

    private final Redis redis;
    private final String key;
    private boolean set;
    private long renewedNanos;

    NodeMarker(Redis redis, String key) {
        this.redis = redis;
        this.key = key;
    }

    /** What is run for it. */
    List<Command> commands() {
        return List.of(Command.of("SET", key, "1"), Command.of("DEL", key));
    }

    /** Sets the marker; true where it had been set before and is gone. */
    boolean lost(BlockingConnection connection) {
        Object before = connection
                .ask(List.of(Command.of("SET", key, "1", "EX", EXPIRY.toSeconds(), "GET")))
                .get(0);
        boolean lost = set && before == null;
        set = true;
        renewedNanos = System.nanoTime();
        return lost;
    }

    /** Renews the marker where it is time to. */
    void renew(BlockingConnection connection) {
        if (System.nanoTime() - renewedNanos > RENEWAL_NANOS) {
            connection.ask(List.of(Command.of("SET", key, "1", "EX", EXPIRY.toSeconds())));
            renewedNanos = System.nanoTime();
        }
    }

    /** Removes the marker, and other keys of the inbox with it, where the server can be reached at once: else they expire. */
    void remove(String other) {
        CompletableFuture<Object> removed = redis.call(Command.of("DEL", key, other), Patience.SHORT, count -> count);
        try {
            removed.get(REMOVAL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(Level.DEBUG, "left to expire: " + key + ", " + other, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
