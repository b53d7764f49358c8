package io.thr.core.trace;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Spans by OpenTelemetry. Nothing else names its classes, so that they are looked for only where they are.
 *
 * <p>Whether the application has set it up is looked at for each span until it has: asking for the global instance before that
 * would set one that does nothing, for good.
 */
final class OpenTelemetryTracing implements Tracing {

    private static final String SCOPE = "io.thr";

    private static final TextMapGetter<TraceContext> FIELDS = new TextMapGetter<>() {
        // Still to be implemented; nothing here calls it
        @SuppressWarnings("deprecation")
        @Override
        public Iterable<String> keys(TraceContext context) {
            return List.of(TraceContext.TRACEPARENT, TraceContext.TRACESTATE);
        }

        @Override
        public @Nullable String get(@Nullable TraceContext context, String name) {
            if (context == null) {
                return null;
            }
            String value = name.equals(TraceContext.TRACEPARENT) ? context.traceparent() : context.tracestate();
            return value.isEmpty() ? null : value;
        }
    };

    private volatile @Nullable Tracer known;

    @Override
    public TraceSpan begin(String name, Kind kind, TraceContext parent, @Nullable Instant start) {
        Tracer tracer = tracer();
        return tracer == null ? TraceSpan.NONE : begin(tracer, name, kind, extracted(parent), start);
    }

    @Override
    public TraceSpan beginHere(String name, Kind kind, TraceContext parent) {
        Tracer tracer = tracer();
        if (tracer == null) {
            return TraceSpan.NONE;
        }
        Context current = Context.current();
        boolean isTraced = Span.fromContext(current).getSpanContext().isValid();
        return begin(tracer, name, kind, isTraced ? current : extracted(parent), null);
    }

    private static TraceSpan begin(Tracer tracer, String name, Kind kind, Context parent, @Nullable Instant start) {
        SpanBuilder builder = tracer.spanBuilder(name)
                .setSpanKind(SpanKind.valueOf(kind.name()))
                .setParent(parent);
        if (start != null) {
            builder.setStartTimestamp(start);
        }
        return new OpenTelemetrySpan(builder.startSpan());
    }

    private static Context extracted(TraceContext parent) {
        return parent.isNone()
                ? Context.root()
                : W3CTraceContextPropagator.getInstance().extract(Context.root(), parent, FIELDS);
    }

    private @Nullable Tracer tracer() {
        Tracer tracer = known;
        if (tracer == null && isSetUp()) {
            tracer = GlobalOpenTelemetry.get().getTracer(SCOPE);
            known = tracer;
        }
        return tracer;
    }

    private static boolean isSetUp() {
        try {
            return GlobalOpenTelemetry.isSet();
        } catch (NoSuchMethodError e) { // before 1.57: what it would break there has been set up long before a request
            return true;
        }
    }

    /** One span. */
    private static final class OpenTelemetrySpan implements TraceSpan {

        private final Span span;

        OpenTelemetrySpan(Span span) {
            this.span = span;
        }

        @Override
        public TraceContext context() {
            Map<String, String> fields = new HashMap<>();
            W3CTraceContextPropagator.getInstance().inject(Context.root().with(span), fields, (to, name, value) -> {
                if (to != null) {
                    to.put(name, value);
                }
            });
            String traceparent = fields.get(TraceContext.TRACEPARENT);
            return traceparent == null
                    ? TraceContext.NONE
                    : new TraceContext(traceparent, fields.getOrDefault(TraceContext.TRACESTATE, ""));
        }

        @Override
        public TraceSpan set(String name, String value) {
            span.setAttribute(name, value);
            return this;
        }

        @Override
        public TraceSpan set(String name, long value) {
            span.setAttribute(name, value);
            return this;
        }

        @Override
        public void failed(String what) {
            span.setAttribute("error.type", what);
            span.setStatus(StatusCode.ERROR);
        }

        @Override
        public void end() {
            span.end();
        }

        @Override
        public void end(Instant time) {
            span.end(time);
        }
    }
}
