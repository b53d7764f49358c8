package io.thr.dispatcher;

import io.thr.core.message.Headers;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.trace.TraceContext;
import io.thr.core.trace.TraceSpan;
import io.thr.core.trace.Tracing;
import io.thr.dispatcher.upstream.CallWatch;
import io.thr.dispatcher.upstream.UpstreamAddress;
import io.thr.dispatcher.upstream.UpstreamFailure;
import io.thr.dispatcher.upstream.UpstreamResponse;
import io.thr.dispatcher.upstream.UpstreamResult;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What one execution shows of itself in the trace that its request is part of: a span for the wait in the queue, and one for each
 * time that it is sent to a server, both parts of what the front has said. The upstream is told of the latter. Also notes to
 * which server it was sent, traced or not.
 */
final class ExecutionTrace implements CallWatch {

    /** Others are not named, as anybody may make one up (OpenTelemetry's semantic conventions for HTTP). */
    private static final Set<String> METHODS =
            Set.of("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE");

    private final Tracing tracing;
    private final Execution execution;
    private final TraceContext parent;
    private final AtomicInteger sent = new AtomicInteger();

    ExecutionTrace(Tracing tracing, Execution execution) {
        this.tracing = tracing;
        this.execution = execution;
        RequestMessage message = execution.message();
        // The original's front says it in the fields alone
        this.parent = tracing == Tracing.NONE
                ? TraceContext.NONE
                : TraceContext.of(message.extra().traceparent(), message.headers());
    }

    /** Its wait is over. */
    void begun() {
        if (tracing == Tracing.NONE) {
            return;
        }
        RequestExtra extra = execution.message().extra();
        Instant created = Seconds.toInstant(extra.creationTime());
        Instant begun = Instant.ofEpochMilli(execution.begunMillis());
        // The front's clock is not ours
        Instant start = created.isBefore(begun) ? created : begun;
        TraceSpan wait = tracing.begin("thr.queue", Tracing.Kind.CONSUMER, parent, start);
        if (wait != TraceSpan.NONE) {
            wait.set("messaging.destination.name", execution.claim().queue())
                    .set("thr.request.id", execution.requestId())
                    .set("thr.attempt", extra.attempt())
                    .end(begun);
        }
    }

    @Override
    public Try begin(UpstreamAddress server) {
        String url = server.toString();
        execution.sentTo(url);
        if (tracing == Tracing.NONE) {
            return Try.NONE;
        }
        RequestMessage message = execution.message();
        boolean isKnown = METHODS.contains(message.method());
        TraceSpan span = tracing.begin(isKnown ? message.method() : "HTTP", Tracing.Kind.CLIENT, parent, null);
        if (span == TraceSpan.NONE) {
            return Try.NONE;
        }
        span.set("http.request.method", isKnown ? message.method() : "_OTHER")
                .set("url.scheme", server.scheme())
                .set("url.path", message.path())
                .set("thr.request.id", execution.requestId())
                .set("thr.attempt", message.extra().attempt());
        if (!isKnown) {
            span.set("http.request.method_original", message.method());
        }
        if (server.socket() == null) {
            span.set("server.address", server.host()).set("server.port", server.port());
        } else {
            span.set("server.address", url);
        }
        int before = sent.getAndIncrement();
        if (before > 0) {
            span.set("http.request.resend_count", before);
        }
        return new TracedTry(span);
    }

    /** One time that it is sent. */
    private static final class TracedTry implements Try {

        private final TraceSpan span;
        private final AtomicBoolean ended = new AtomicBoolean();

        TracedTry(TraceSpan span) {
            this.span = span;
        }

        @Override
        public Headers headers(Headers fields) {
            return span.context().in(fields);
        }

        @Override
        public void end(@Nullable UpstreamResult result, @Nullable Throwable error) {
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            if (result instanceof UpstreamResponse response) {
                span.set("http.response.status_code", response.status());
                if (response.status() >= 400) {
                    span.failed(Integer.toString(response.status()));
                }
            } else if (result instanceof UpstreamFailure failure) {
                span.failed(failure.kind().name().toLowerCase(Locale.ROOT));
            } else {
                span.failed("aborted");
            }
            span.end();
        }
    }
}
