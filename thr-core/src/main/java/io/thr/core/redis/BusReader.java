package io.thr.core.redis;

import io.thr.core.bus.BusState;
import io.thr.core.bus.DeadLetter;
import io.thr.core.bus.QueuedRequest;
import io.thr.core.bus.Why;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Looks at a bus and changes nothing: for those who run it. Needs no running member. Threads may share it.
 *
 * <p>Each future fails with a {@link RedisException} or {@link RedisUnavailableException} where Redis cannot be asked.
 */
public final class BusReader {

    /** For that bus. */
    public BusReader(Redis redis, RedisKeys keys) {}

    /** The bus at a glance. */
    public CompletableFuture<BusState> state() {
        throw new UnsupportedOperationException();
    }

    /**
     * Where the requests of that id are: one, but for two fronts that have chosen the same by accident.
     *
     * @param requestId the id alone
     */
    public CompletableFuture<List<Why>> why(String requestId) {
        throw new UnsupportedOperationException();
    }

    /** The requests of that queue that come next, {@code most} at most, in the order of their priority and arrival. */
    public CompletableFuture<List<QueuedRequest>> peek(String queue, int most) {
        throw new UnsupportedOperationException();
    }

    /** The newest dead letters of that queue, {@code most} at most. */
    public CompletableFuture<List<DeadLetter>> dead(String queue, int most) {
        throw new UnsupportedOperationException();
    }

    /** Lists of messages of which no member knows: what stands under {@code thr:queue:*}. Looks through all keys, so not to be asked often. */
    public CompletableFuture<List<String>> unservedQueues() {
        throw new UnsupportedOperationException();
    }
}
