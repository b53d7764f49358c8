package io.thr.dispatcher.upstream;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;

/** Gives every call a time-out: the smaller of a fixed one and what is left until the request's own deadline. */
final class DeadlineUpstream implements Upstream {

    private final Upstream next;
    private final Duration timeout;
    private final InstantSource clock;

    DeadlineUpstream(Upstream next, Duration timeout, InstantSource clock) {
        this.next = next;
        this.timeout = timeout;
        this.clock = clock;
    }

    @Override
    public CompletableFuture<UpstreamResult> call(UpstreamRequest request) {
        Instant now = clock.instant();
        if (!now.isBefore(request.deadline())) {
            return CompletableFuture.completedFuture(new UpstreamFailure(
                    UpstreamFailure.Kind.TIMED_OUT, "the deadline passed before the upstream was called"));
        }
        Instant latest = now.plus(timeout);
        return next.call(request.deadline().isAfter(latest) ? request.until(latest) : request);
    }
}
