package io.thr.core.trace;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.sameInstance;

import io.thr.core.message.Headers;
import java.net.URL;
import java.net.URLClassLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is taken for a trace, and that nothing of OpenTelemetry is needed. */
class TracingTest {

    private static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    /** Sees our classes and what they need, but none of OpenTelemetry. */
    private static final class WithoutOpenTelemetry extends URLClassLoader {

        WithoutOpenTelemetry() {
            super(
                    new URL[] {
                        Tracing.class.getProtectionDomain().getCodeSource().getLocation()
                    },
                    ClassLoader.getPlatformClassLoader());
        }
    }

    @Test
    void opentelemetry_is_used_where_it_can_be_seen() {
        assertThat(Tracing.find(), instanceOf(OpenTelemetryTracing.class));
    }

    @Test
    void nothing_is_traced_where_there_is_no_opentelemetry() throws Exception {
        try (WithoutOpenTelemetry loader = new WithoutOpenTelemetry()) {
            Class<?> tracing = loader.loadClass(Tracing.class.getName());
            Object found = tracing.getMethod("find").invoke(null);
            assertThat(found, is(sameInstance(tracing.getField("NONE").get(null))));
        }
    }

    @Test
    void span_before_opentelemetry_is_set_up_is_none() {
        TraceSpan span = Tracing.find().begin("x", Tracing.Kind.INTERNAL, TraceContext.NONE, null);
        assertThat(span, is(sameInstance(TraceSpan.NONE)));
    }

    @ParameterizedTest
    @ValueSource(strings = {TRACEPARENT, "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes-later"})
    void right_traceparent_is_taken(String traceparent) {
        assertThat(TraceContext.isValid(traceparent), is(true));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
                "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01what",
                "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-a b"
            })
    void wrong_traceparent_is_none(String traceparent) {
        assertThat(TraceContext.of(Headers.of("traceparent", traceparent)), is(TraceContext.NONE));
    }

    @Test
    void two_traceparents_are_none() {
        Headers twice = Headers.of("traceparent", TRACEPARENT, "Traceparent", TRACEPARENT);
        assertThat(TraceContext.of(twice), is(TraceContext.NONE));
    }

    @Test
    void endless_traceparent_is_none() {
        assertThat(TraceContext.isValid("cc" + TRACEPARENT.substring(2) + "-" + "x".repeat(1_000)), is(false));
    }

    @Test
    void fields_stay_as_they_are_where_there_is_no_trace() {
        Headers fields = Headers.of("traceparent", "whatever", "tracestate", "a");
        assertThat(TraceContext.NONE.in(fields), is(sameInstance(fields)));
    }

    @Test
    void state_of_another_trace_does_not_stay() {
        Headers fields = Headers.of("Traceparent", "whatever", "Tracestate", "a");
        Headers told = new TraceContext(TRACEPARENT, "").in(fields);
        assertThat(told, is(Headers.of("traceparent", TRACEPARENT)));
        assertThat(told.toString(), containsString(TRACEPARENT));
    }
}
