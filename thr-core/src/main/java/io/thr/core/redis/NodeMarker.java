package io.thr.core.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A key that stands as long as the server has not lost its data: set at the first connection, looked at after every
 * reconnection, renewed long before it expires. Where it is gone, what the node had queued may be gone too.
 *
 * <p>Used by the inbox's thread, except for {@link #remove}.
 */
final class NodeMarker {

    private static final Duration EXPIRY = Duration.ofHours(24);
    private static final long RENEWAL_NANOS = TimeUnit.HOURS.toNanos(1);

    private final Redis redis;
    private final String key;
    private boolean set;
    private long renewedNanos;

    NodeMarker(Redis redis, String key) {
        this.redis = redis;
        this.key = key;
    }

    /** Sets the marker; true where it had been set before and is gone. */
    boolean lost(BlockingLoop.Questions questions) throws IOException {
        Object before = questions
                .ask(List.of(Command.of("SET", key, "1", "EX", EXPIRY.toSeconds(), "GET")))
                .get(0);
        boolean lost = set && before == null;
        set = true;
        renewedNanos = System.nanoTime();
        return lost;
    }

    /** Renews the marker where it is time to. */
    void renew(BlockingLoop.Questions questions) throws IOException {
        if (System.nanoTime() - renewedNanos > RENEWAL_NANOS) {
            questions.ask(List.of(Command.of("SET", key, "1", "EX", EXPIRY.toSeconds())));
            renewedNanos = System.nanoTime();
        }
    }

    /** Removes the marker, as far as the server can be reached: else it expires. */
    CompletableFuture<Void> remove() {
        return redis.call(Command.of("DEL", key), Patience.SHORT, deleted -> null);
    }
}
