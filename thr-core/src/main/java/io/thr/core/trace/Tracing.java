package io.thr.core.trace;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Begins spans: those of OpenTelemetry where its API is on the class path and somebody has set it up ({@code
 * GlobalOpenTelemetry}), else ones that cost nothing. Threads may share it.
 */
public interface Tracing {

    /** Begins none. */
    Tracing NONE = new Tracing() {
        @Override
        public TraceSpan begin(String name, Kind kind, TraceContext parent, @Nullable Instant start) {
            return TraceSpan.NONE;
        }

        @Override
        public TraceSpan beginHere(String name, Kind kind, TraceContext parent) {
            return TraceSpan.NONE;
        }
    };

    /** What a span is of. */
    enum Kind {
        /** Something in between. */
        INTERNAL,
        /** A call of another program. */
        CLIENT,
        /** A message that has been taken. */
        CONSUMER
    }

    /** That of OpenTelemetry, where its API can be seen from here. */
    static Tracing find() {
        try {
            Class.forName("io.opentelemetry.api.GlobalOpenTelemetry", false, Tracing.class.getClassLoader());
            return new OpenTelemetryTracing();
        } catch (ClassNotFoundException | LinkageError e) {
            Logger log = System.getLogger(Tracing.class.getName());
            log.log(Level.DEBUG, "no OpenTelemetry here: {0}", e.getMessage());
            return NONE;
        }
    }

    /**
     * Begins a span.
     *
     * @param name one of few
     * @param parent what it is part of; none: it begins a trace
     * @param start when it began; null: now
     */
    TraceSpan begin(String name, Kind kind, TraceContext parent, @Nullable Instant start);

    /** Begins a span now, as part of what is current on this thread, and where there is nothing of the parent. */
    TraceSpan beginHere(String name, Kind kind, TraceContext parent);
}
