package io.thr.filter;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.hasEntry;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.thr.core.RawHttpClient;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterConfig;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a filter counts of real requests. */
class NodeMetersTest {

    private static final String QUEUE = "thr:queue:hello";
    private static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    @TempDir
    private Path directory;

    private final TestBus bus = new TestBus(REDIS);
    private ThrFilter filter = new ThrFilter();
    private Container container;

    @BeforeEach
    void start() throws Exception {
        Path file = Files.writeString(directory.resolve("front.yaml"), """
                redis: %s
                rate_limit_timeout: 10s
                rules:
                  - when: { path: /queued }
                    then: { set_redis_queue: %s }
                  - when: { path: /answered }
                    then: { set_status_code: 204 }
                  - when: { path: /limited }
                    then:
                      rate_limit: { name: once, key: [real_ip], algorithm: fixed-window, quota: 1, window: 3600s }
                """.formatted(REDIS.url(), QUEUE));
        filter = new ThrFilter(FilterConfig.read(file, Map.of()));
        container = Container.Kind.JETTY.start(filter, new HttpServlet() {
            private static final long serialVersionUID = 1L;

            @Override
            protected void service(HttpServletRequest request, HttpServletResponse response) {
                response.setStatus(200);
            }
        });
    }

    @AfterEach
    void stop() {
        container.close();
        bus.close();
    }

    private Map<String, Double> scrape() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create()
                .write(out, Objects.requireNonNull(filter.running()).metrics().scrape());
        Map<String, Double> samples = new TreeMap<>();
        out.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> {
                    int blank = line.lastIndexOf(' ');
                    samples.put(line.substring(0, blank), Double.valueOf(line.substring(blank + 1)));
                });
        return samples;
    }

    private void answer(RequestMessage request) {
        ResponseExtra extra = new ResponseExtra(request.extra().requestId(), null, null, null, null, false);
        bus.respond(request, new ResponseMessage(201, Headers.of("Content-Length", "0"), MessageBody.NONE, extra));
    }

    private static String verdict(String verdict) {
        return "thr_filter_requests_total{verdict=\"" + verdict + "\"}";
    }

    private int status(String path) throws IOException {
        return RawHttpClient.get(container.port(), path).status();
    }

    @Test
    void each_request_counts_once_by_what_was_decided() throws Exception {
        assertThat(status("/passed"), is(200));
        assertThat(status("/answered"), is(204));
        assertThat(status("/limited"), is(200));
        assertThat(status("/limited"), is(429));
        Map<String, Double> samples = scrape();
        assertThat(samples, hasEntry(verdict("passed"), 2.0));
        assertThat(samples, hasEntry(verdict("answered"), 1.0));
        assertThat(samples, hasEntry(verdict("rate_limited"), 1.0));
        assertThat(samples, hasEntry(verdict("refused"), 0.0));
        assertThat(samples, hasEntry(verdict("queued"), 0.0));
        assertThat(samples, hasEntry(verdict("failed"), 0.0));
        assertThat(samples, hasEntry("thr_rate_decisions_total{outcome=\"granted\",policy=\"once\"}", 1.0));
        assertThat(samples, hasEntry("thr_rate_decisions_total{outcome=\"exceeded\",policy=\"once\"}", 1.0));
        assertThat(samples, hasEntry("thr_filter_connected", 1.0));
    }

    @Test
    void request_that_waited_counts_by_what_its_client_got() throws Exception {
        try (Client client = new Client(
                container,
                "GET /queued HTTP/1.1\r\nHost: a\r\ntraceparent: " + TRACEPARENT + "\r\ntracestate: a=1\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            assertThat(scrape(), hasEntry("thr_filter_suspended", 1.0));
            assertThat(request.extra().traceparent(), is(TRACEPARENT));
            assertThat(request.headers().first("traceparent"), is(TRACEPARENT));
            assertThat(request.headers().first("tracestate"), is("a=1"));
            answer(request);
            assertThat(client.readUntil("\r\n\r\n"), startsWith("HTTP/1.1 201"));
        }
        await().until(this::scrape, hasEntry("thr_filter_responses_total{class=\"2xx\"}", 1.0));
        Map<String, Double> samples = scrape();
        assertThat(samples, hasEntry(verdict("queued"), 1.0));
        assertThat(samples, hasEntry("thr_filter_wait_seconds_count", 1.0));
        assertThat(samples, hasEntry("thr_filter_suspended", 0.0));
    }

    @Test
    void trace_that_cannot_be_right_keeps_nobody_from_waiting() throws Exception {
        try (Client client =
                new Client(container, "GET /queued HTTP/1.1\r\nHost: a\r\ntraceparent: not a trace\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            assertThat(request.extra().traceparent(), is(nullValue()));
            assertThat(request.headers().first("traceparent"), is("not a trace"));
            answer(request);
            assertThat(client.readUntil("\r\n\r\n"), startsWith("HTTP/1.1 201"));
        }
    }
}
