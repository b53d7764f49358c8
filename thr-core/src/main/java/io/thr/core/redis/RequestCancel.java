package io.thr.core.redis;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Forgets requests whose clients have left. For fronts; threads may share it. */
public final class RequestCancel {

    /** For that bus. */
    public RequestCancel(Redis redis, RedisKeys keys) {
        throw new UnsupportedOperationException();
    }

    /**
     * A waiting request is dropped, a running one's call is aborted by its member, one that is still on its list is not
     * begun by a member that takes it within that time.
     *
     * @param requestId and responseKey, that name it: see {@code requestName}
     */
    public CompletableFuture<Void> cancel(String requestId, String responseKey, Duration within) {
        throw new UnsupportedOperationException();
    }

    /** How the scheduler knows a request: two fronts may use one id by accident, where the response goes tells them apart. */
    public static String requestName(String requestId, String responseKey) {
        return requestId + ' ' + responseKey;
    }
}
