package io.thr.demo.e2e;

import static io.thr.core.OracleUpstream.response;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.thr.core.OracleUpstream;
import io.thr.core.redis.RedisServer;
import io.thr.demo.InProcessFront;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.config.FilterSettings;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The trace of a request, through front, Redis and dispatcher, to the upstream. Alone, as OpenTelemetry is the process's. */
@Isolated
class TracingTest {

    private static final String QUEUE = "thr:queue:traced";
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SPAN = "b7ad6b7169203331";
    private static final String TRACEPARENT = "00-" + TRACE + "-" + SPAN + "-01";
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    private static final AttributeKey<Long> RESENT = AttributeKey.longKey("http.request.resend_count");
    private static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("thr.attempt");
    private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private final InMemorySpanExporter exported = InMemorySpanExporter.create();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
        GlobalOpenTelemetry.resetForTest();
    }

    private void setUpOpenTelemetry() {
        SdkTracerProvider provider = SdkTracerProvider.builder()
                .addSpanProcessor(SimpleSpanProcessor.create(exported))
                .build();
        opened.add(provider);
        OpenTelemetrySdk.builder().setTracerProvider(provider).buildAndRegisterGlobal();
    }

    private OracleUpstream upstream() throws IOException {
        OracleUpstream upstream = OracleUpstream.start(request -> response(200, "ok"));
        opened.add(upstream);
        return upstream;
    }

    private int front(int upstreamPort) throws Exception {
        opened.add(Dispatcher.start(DispatcherSettings.builder()
                .redis(redis.url())
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(QUEUE, "127.0.0.1", upstreamPort))
                .build()));
        InProcessFront front = InProcessFront.start(
                FilterSettings.defaults().withRedis(redis.url()).withDefaultQueue(QUEUE));
        opened.add(front);
        return front.port();
    }

    private static String get(int port, String... fields) throws IOException {
        StringBuilder head = new StringBuilder("GET /a?secret=1 HTTP/1.1\r\nHost: front\r\nConnection: close\r\n");
        for (String field : fields) {
            head.append(field).append("\r\n");
        }
        try (SocketClient client = new SocketClient(port)) {
            client.send(head.append("\r\n").toString());
            return client.readAll();
        }
    }

    private List<SpanData> spans(int expected) {
        await().until(exported::getFinishedSpanItems, hasSize(expected));
        return exported.getFinishedSpanItems();
    }

    private static SpanData named(List<SpanData> spans, String name) {
        return spans.stream()
                .filter(span -> span.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void request_is_one_trace_from_its_client_to_the_upstream() throws Exception {
        setUpOpenTelemetry();
        OracleUpstream upstream = upstream();
        get(front(upstream.port()), "traceparent: " + TRACEPARENT, "tracestate: a=1,b=2");

        List<SpanData> spans = spans(3);
        assertThat(spans.stream().map(SpanData::getTraceId).distinct().toList(), contains(TRACE));
        SpanData wait = named(spans, "thr.wait");
        SpanData queue = named(spans, "thr.queue");
        SpanData call = named(spans, "GET");
        assertThat(wait.getParentSpanId(), is(SPAN));
        assertThat(queue.getParentSpanId(), is(wait.getSpanId()));
        assertThat(call.getParentSpanId(), is(wait.getSpanId()));
        assertThat(call.getKind(), is(SpanKind.CLIENT));
        assertThat(call.getAttributes().get(STATUS), is(200L));
        assertThat(call.getAttributes().get(ATTEMPT), is(1L));
        assertThat(call.getAttributes().get(PORT), is((long) upstream.port()));
        assertThat(call.getAttributes().get(AttributeKey.stringKey("http.request.method")), is("GET"));
        assertThat(call.getAttributes().get(AttributeKey.stringKey("server.address")), is("127.0.0.1"));
        assertThat(call.getAttributes().get(AttributeKey.stringKey("url.path")), is("/a"));
        assertThat(wait.getAttributes().get(AttributeKey.stringKey("thr.outcome")), is("answered"));
        assertThat(wait.getAttributes().get(AttributeKey.stringKey("messaging.destination.name")), is(QUEUE));
        assertThat(spans.toString().contains("secret"), is(false));
        OracleUpstream.Seen seen = upstream.seen().get(0);
        assertThat(seen.all("traceparent"), contains("00-" + TRACE + "-" + call.getSpanId() + "-01"));
        assertThat(seen.all("tracestate"), contains("a=1,b=2"));
    }

    @Test
    void each_repeat_is_a_span_and_the_upstream_is_told_of_its_own() throws Exception {
        setUpOpenTelemetry();
        int closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        get(front(closed), "traceparent: " + TRACEPARENT);

        List<SpanData> spans = spans(4);
        SpanData wait = named(spans, "thr.wait");
        List<SpanData> calls = spans.stream()
                .filter(span -> span.getKind() == SpanKind.CLIENT)
                .sorted(Comparator.comparingLong(SpanData::getStartEpochNanos))
                .toList();
        assertThat(calls, hasSize(2));
        for (SpanData call : calls) {
            assertThat(call.getParentSpanId(), is(wait.getSpanId()));
            assertThat(call.getStatus().getStatusCode(), is(StatusCode.ERROR));
            assertThat(call.getAttributes().get(AttributeKey.stringKey("error.type")), is("not_connected"));
        }
        assertThat(calls.get(0).getAttributes().get(RESENT), is((Long) null));
        assertThat(calls.get(1).getAttributes().get(RESENT), is(1L));
        assertThat(wait.getAttributes().get(STATUS), is(502L));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                "a b, c",
                "\u00e9\u00ff",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
                        + "traceparent: 00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            })
    void trace_that_is_not_right_is_begun_anew(String hostile) throws Exception {
        setUpOpenTelemetry();
        OracleUpstream upstream = upstream();
        String answer = get(front(upstream.port()), "traceparent: " + hostile, "tracestate: a=1");

        assertThat(answer.startsWith("HTTP/1.1 200"), is(true));
        List<SpanData> spans = spans(3);
        SpanData wait = named(spans, "thr.wait");
        assertThat(wait.getParentSpanId(), is("0000000000000000"));
        assertThat(wait.getTraceId(), is(not(TRACE)));
        OracleUpstream.Seen seen = upstream.seen().get(0);
        // Whether it was begun by chance alone is a flag of its own
        assertThat(
                seen.all("traceparent"),
                contains(startsWith(
                        "00-" + wait.getTraceId() + "-" + named(spans, "GET").getSpanId() + "-")));
        assertThat(seen.all("tracestate"), is(empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {TRACEPARENT, "not a trace", "00-x"})
    void fields_go_through_as_they_came_where_nobody_has_set_up_opentelemetry(String sent) throws Exception {
        OracleUpstream upstream = upstream();
        String answer = get(front(upstream.port()), "traceparent: " + sent, "tracestate: a=1", "tracestate: b=2");

        assertThat(answer.startsWith("HTTP/1.1 200"), is(true));
        OracleUpstream.Seen seen = upstream.seen().get(0);
        assertThat(seen.all("traceparent"), contains(sent));
        assertThat(seen.all("tracestate"), contains("a=1", "b=2"));
        assertThat(GlobalOpenTelemetry.isSet(), is(false));
    }
}
