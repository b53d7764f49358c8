package io.thr.dispatcher.upstream;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Tries a call once more where that is surely right: no byte of it was sent, or the request may be repeated and the
 * connection, kept open from an earlier request, turned out to be closed (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
 */
final class ReconnectingUpstream implements Upstream {

    private final Upstream next;
    private final Executor afterPause;

    ReconnectingUpstream(Upstream next, Duration pause) {
        this.next = next;
        this.afterPause = CompletableFuture.delayedExecutor(pause.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);
    }

    @Override
    public CompletableFuture<UpstreamResult> call(UpstreamRequest request) {
        ChainedCall call = new ChainedCall();
        attempt(request, call, true);
        return call;
    }

    private void attempt(UpstreamRequest request, ChainedCall call, boolean first) {
        CompletableFuture<UpstreamResult> attempt = next.call(request);
        call.under(attempt);
        var unused = attempt.whenComplete((result, error) -> {
            if (error != null) {
                call.completeExceptionally(error);
            } else if (first && result instanceof UpstreamFailure failure && mayRepeat(request, failure)) {
                again(request, call, failure);
            } else {
                call.complete(result);
            }
        });
    }

    private void again(UpstreamRequest request, ChainedCall call, UpstreamFailure failure) {
        if (failure.kind() == UpstreamFailure.Kind.STALE_CONNECTION) {
            attempt(request, call, false);
            return;
        }
        afterPause.execute(() -> {
            if (!call.isDone()) {
                attempt(request, call, false);
            }
        });
    }

    private static boolean mayRepeat(UpstreamRequest request, UpstreamFailure failure) {
        return switch (failure.kind()) {
            case NOT_CONNECTED -> true;
            case STALE_CONNECTION -> request.repeatable();
            default -> false;
        };
    }
}
