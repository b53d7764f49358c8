package io.thr.dispatcher.upstream;

import java.util.concurrent.CompletableFuture;

/**
 * Sends one request and gives what came of it. Threads may share an upstream.
 *
 * <p>A call never blocks, and never throws for what the upstream does: refusing, dying and taking too long are
 * {@link UpstreamFailure}s. Cancelling the future aborts the call: its connection is closed, and nothing of its response
 * is seen. The future may be completed on a thread that must not be blocked.
 */
@FunctionalInterface
public interface Upstream {

    /** Sends the request. */
    CompletableFuture<UpstreamResult> call(UpstreamRequest request);
}
