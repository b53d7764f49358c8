package io.thr.core.redis;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Bodies too large for their message, as raw bytes under keys of their own, on a lane of their own. Threads may share it.
 *
 * <p>A link comes out of a message, and whoever wrote that must not make us read or remove another key: a key that is no
 * body's of this bus is refused.
 */
public final class BodyStore {

    private static final SecureRandom RANDOM = new SecureRandom();

    /**
     * How long a body is waited for when the lane for bodies is just reconnecting: whoever names the body has a
     * connection already, so this one will have too.
     */
    private static final Duration RECONNECTION = Duration.ofSeconds(2);

    private final Redis redis;
    private final RedisKeys keys;

    /** The bodies of that bus. */
    public BodyStore(Redis redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /**
     * Stores a body under a new key, and gives the key.
     *
     * @param body not copied, and must not change any more
     * @param expiry at least a second; when nobody wants it any more
     */
    public CompletableFuture<String> put(byte[] body, Duration expiry) {
        return put(body, expiry, Patience.SHORT);
    }

    /** Stores a body once more, after the server has lost it; waits up to {@code within} for a server that is away. */
    public CompletableFuture<String> putAgain(byte[] body, Duration expiry, Duration within) {
        return put(body, expiry, Patience.repeatable(within));
    }

    private CompletableFuture<String> put(byte[] body, Duration expiry, Patience patience) {
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        String key = keys.body(HexFormat.of().formatHex(random));
        long seconds = Math.max(1, expiry.toSeconds());
        return redis.bulkCall(Command.of("SET", key, body, "EX", seconds), patience, ok -> key);
    }

    /** The body under that key; fails with {@link IllegalArgumentException} where it is no body's or nothing is there. */
    public CompletableFuture<byte[]> get(String key) {
        return ask("GET", key, Patience.repeatable(RECONNECTION), reply -> present(key, reply));
    }

    /** Gets and removes in one step; fails as {@link #get} does. */
    public CompletableFuture<byte[]> take(String key) {
        return ask("GETDEL", key, Patience.once(RECONNECTION), reply -> present(key, reply));
    }

    /** Removes it, where it is there. */
    public CompletableFuture<Void> remove(String key) {
        return ask("DEL", key, Patience.repeatable(RECONNECTION), reply -> null);
    }

    private <T> CompletableFuture<T> ask(String command, String key, Patience patience, Function<Object, T> reading) {
        if (!key.startsWith(keys.bodyPrefix())) {
            return CompletableFuture.failedFuture(new IllegalArgumentException("body_link: " + key.length()
                    + " characters (expected: a key that begins with " + keys.bodyPrefix() + ")"));
        }
        return redis.bulkCall(Command.of(command, key), patience, reading);
    }

    private static byte[] present(String key, @Nullable Object reply) {
        if (reply instanceof byte[] body) {
            return body;
        }
        throw new IllegalArgumentException(key + ": no body there (any more)");
    }
}
