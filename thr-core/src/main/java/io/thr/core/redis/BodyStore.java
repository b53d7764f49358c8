package io.thr.core.redis;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Large bodies, as raw bytes under keys of their own. */
public final class BodyStore {

    /** The bodies of that bus. */
    public BodyStore(Redis redis, RedisKeys keys) {}

    /** Stores a body under a new key, and gives the key. */
    public CompletableFuture<String> put(byte[] body, Duration expiry) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /** The body under that key; fails where the key is not a body's, or nothing is there (any more). */
    public CompletableFuture<byte[]> get(String key) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /** Gets and removes in one step. */
    public CompletableFuture<byte[]> take(String key) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /** Removes. */
    public CompletableFuture<Void> remove(String key) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }
}
