package io.thr.dispatcher;

import static io.thr.core.OracleUpstream.raw;
import static io.thr.core.OracleUpstream.response;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasEntry;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.thr.core.OracleUpstream;
import io.thr.core.bus.BusState;
import io.thr.core.bus.MemberReport;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.RequestHash;
import io.thr.core.message.Headers;
import io.thr.core.message.RequestMessage;
import io.thr.core.redis.BusReader;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.config.AccessLogPlace;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a whole dispatcher counts, tells and writes of real requests. */
class MetersTest {

    private static final String QUEUE = "thr:queue:hello";
    private static final byte[] NO_BODY = {};

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private final List<AutoCloseable> toClose = new ArrayList<>();
    private TestBus bus = new TestBus(redis);

    @TempDir
    private Path folder;

    @BeforeEach
    void open() {
        bus = new TestBus(redis);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : toClose) {
            closeable.close();
        }
        bus.close();
    }

    private OracleUpstream oracle() throws IOException {
        OracleUpstream oracle = OracleUpstream.start(request -> response(200, "ok"));
        toClose.add(0, oracle);
        return oracle;
    }

    private Dispatcher start(DispatcherSettings.Builder settings) {
        Dispatcher dispatcher = Dispatcher.start(
                settings.redis(redis.url()).statsEvery(Duration.ZERO).build());
        toClose.add(0, dispatcher);
        return dispatcher;
    }

    private static DispatcherSettings.Builder settings(int port) {
        return DispatcherSettings.builder().queue(QueueSettings.of(QUEUE, "127.0.0.1", port));
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Each sample by name and labels. */
    private static Map<String, Double> scrape(Dispatcher dispatcher) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(out, dispatcher.metrics().scrape());
        Map<String, Double> samples = new TreeMap<>();
        for (String line : out.toString(StandardCharsets.UTF_8).lines().toList()) {
            if (!line.startsWith("#")) {
                int blank = line.lastIndexOf(' ');
                samples.put(line.substring(0, blank), Double.valueOf(line.substring(blank + 1)));
            }
        }
        return samples;
    }

    private static double requests(Map<String, Double> samples, String outcome) {
        return samples.getOrDefault(
                "thr_requests_total{outcome=\"" + outcome + "\",queue=\"" + QUEUE + "\"}", Double.NaN);
    }

    @Test
    void each_request_counts_once_by_how_it_ended() throws Exception {
        OracleUpstream oracle = oracle();
        Dispatcher dispatcher = start(settings(oracle.port()));
        RequestMessage answered = Messages.ours("GET", "/a", NO_BODY);
        RequestMessage refused = Messages.ours("CONNECT", "/b", NO_BODY);
        RequestMessage expired =
                Messages.message("GET", "/c", NO_BODY, Messages.extra(Messages.now() - 20, Messages.now() - 10, 1));
        List<RequestMessage> all = List.of(answered, refused, expired);
        all.forEach(request -> bus.push(QUEUE, request));
        bus.push(QUEUE, raw("no message"));
        all.forEach(request -> bus.answer(request));
        await().until(() ->
                requests(scrape(dispatcher), "answered") == 1 && requests(scrape(dispatcher), "buried") == 1);

        Map<String, Double> samples = scrape(dispatcher);
        assertThat(requests(samples, "refused"), is(1.0));
        assertThat(requests(samples, "expired"), is(1.0));
        assertThat(requests(samples, "failed"), is(0.0));
        assertThat(samples.get("thr_taken_total{queue=\"" + QUEUE + "\"}"), is(4.0));
        assertThat(samples.get("thr_begun_total{queue=\"" + QUEUE + "\"}"), is(1.0));
        assertThat(samples.get("thr_wait_seconds_count{queue=\"" + QUEUE + "\"}"), is(1.0));
        assertThat(samples.get("thr_run_seconds_count{queue=\"" + QUEUE + "\"}"), is(1.0));
        assertThat(samples.get("thr_run_seconds_bucket{queue=\"" + QUEUE + "\",le=\"+Inf\"}"), is(1.0));
        assertThat(samples.get("thr_running{queue=\"" + QUEUE + "\"}"), is(0.0));
        String server = "{queue=\"" + QUEUE + "\",server=\"http://127.0.0.1:" + oracle.port() + "\"}";
        assertThat(samples.get("thr_upstream_calls_total" + server), is(1.0));
        assertThat(samples.get("thr_upstream_ejected" + server), is(0.0));
        assertThat(samples.get("thr_bus_read{redis=\"" + redis.url().address() + "\"}"), is(1.0));
        assertThat(samples.get("thr_members{redis=\"" + redis.url().address() + "\"}"), is(1.0));
        assertThat(samples.get("thr_queue_depth{queue=\"" + QUEUE + "\"}"), is(0.0));
        assertThat(samples.get("thr_dead_letters{queue=\"" + QUEUE + "\"}"), is(1.0));
        assertThat(samples.get("thr_paused{queue=\"" + QUEUE + "\"}"), is(0.0));
        String lane = "{lane=\"1\",redis=\"" + redis.url().address() + "\"}";
        assertThat(samples.get("thr_redis_calls_total" + lane), is(greaterThanOrEqualTo(1.0)));
    }

    @Test
    void upstream_that_cannot_be_reached_counts_as_failed_and_again_as_a_retry() throws Exception {
        Dispatcher dispatcher = start(settings(closedPort()));
        RequestMessage request =
                Messages.message("GET", "/", NO_BODY, Messages.extra(Messages.now(), Messages.now() + 60, 2));
        bus.push(QUEUE, request);
        assertThat(bus.answer(request).statusCode(), is(502));
        await().until(() -> requests(scrape(dispatcher), "failed") == 1);
        Map<String, Double> samples = scrape(dispatcher);
        assertThat(samples.get("thr_retries_total{queue=\"" + QUEUE + "\"}"), is(1.0));
    }

    @Test
    void bus_is_told_of_what_was_counted_within_seconds() throws Exception {
        OracleUpstream oracle = oracle();
        Dispatcher dispatcher = start(settings(oracle.port()));
        RequestMessage request = Messages.ours("GET", "/a", NO_BODY);
        bus.push(QUEUE, request);
        bus.answer(request);
        try (Redis connection = Redis.connect(redis.url(), "meters test")) {
            BusReader reader = new BusReader(connection, new RedisKeys("thr"));
            MemberReport report = await().atMost(Duration.ofSeconds(5))
                    .until(
                            () -> reader.state().get().members().stream()
                                    .filter(member -> member.name().equals(dispatcher.member()))
                                    .map(BusState.Member::report)
                                    .filter(Objects::nonNull)
                                    .findFirst()
                                    .orElse(null),
                            said -> said != null
                                    && said.routes().get(0).counts().answered() == 1);
            MemberReport.Route route = report.routes().get(0);
            assertThat(route.queues(), contains(QUEUE));
            assertThat(route.counts(), is(new MemberReport.Counts(1, 1, 1, 0, 0, 0, 0, 0, 0)));
            assertThat(route.waits().count(), is(1L));
            assertThat(route.runs().count(), is(1L));
            assertThat(route.servers().get(0).calls(), is(1L));
            assertThat(report.pid(), is(ProcessHandle.current().pid()));
            dispatcher.close();
            assertThat(bus.state().keys().toString(), not(containsString(dispatcher.member())));
        }
    }

    @Test
    void scrape_does_without_the_bus_where_redis_is_away() throws Exception {
        Dispatcher dispatcher = start(settings(oracle().port()));
        redis.kill();
        try {
            await().until(
                            () -> scrape(dispatcher),
                            hasEntry("thr_redis_up{redis=\"" + redis.url().address() + "\"}", 0.0));
            await().until(
                            () -> scrape(dispatcher),
                            hasEntry("thr_bus_read{redis=\"" + redis.url().address() + "\"}", 0.0));
            assertThat(scrape(dispatcher).get("thr_queue_depth{queue=\"" + QUEUE + "\"}"), is((Double) null));
        } finally {
            redis.start();
            bus.close();
            bus = new TestBus(redis);
        }
    }

    @Test
    void no_value_of_a_request_becomes_a_label() throws Exception {
        OracleUpstream oracle = oracle();
        Dispatcher dispatcher =
                start(settings(oracle.port()).limit("by_user", RequestHash.header("X-User"), MaxLimit.dynamic(), 1));
        RequestMessage request = Messages.message(
                "GET",
                "/secret",
                Headers.of("X-User", "bob-the-user"),
                NO_BODY,
                Messages.extra(Messages.now(), Messages.now() + 60, 1));
        bus.push(QUEUE, request);
        bus.answer(request);
        String all = scrape(dispatcher).keySet().toString();
        assertThat(all, containsString("limit=\"by_user\""));
        assertThat(all, not(containsString("bob")));
        assertThat(all, not(containsString("secret")));
    }

    @Test
    void exchange_leaves_one_line_in_the_access_log() throws Exception {
        Path file = folder.resolve("access.log");
        OracleUpstream oracle = oracle();
        start(settings(oracle.port())
                .accessLog(new AccessLogPlace.File(file))
                .limit("by_user", RequestHash.header("X-User"), MaxLimit.dynamic(), 1));
        RequestMessage request = Messages.message(
                "GET",
                "/secret",
                Headers.of("X-User", "bob\" outcome=forged"),
                NO_BODY,
                Messages.extra(Messages.now(), Messages.now() + 60, 1));
        bus.push(QUEUE, request);
        bus.answer(request);
        await().until(() -> Files.readAllLines(file), hasSize(1));
        String line = Files.readString(file);
        assertThat(line, startsWith("time=20"));
        assertThat(
                line.replaceAll("^time=\\S+ ", "").replaceAll("_ms=\\d+", "_ms=N"),
                is("request=" + request.extra().requestId() + " queue=" + QUEUE
                        + " method=GET wait_ms=N run_ms=N attempt=1 counters=\"by_user==bob\\\" outcome=forged\""
                        + " server=http://127.0.0.1:" + oracle.port() + " status=200 outcome=answered\n"));
    }

    @Test
    void access_log_that_was_moved_away_is_begun_anew() throws Exception {
        Path file = folder.resolve("access.log");
        Path moved = folder.resolve("access.log.1");
        OracleUpstream oracle = oracle();
        start(settings(oracle.port()).accessLog(new AccessLogPlace.File(file)));
        RequestMessage first = Messages.ours("GET", "/1", NO_BODY);
        bus.push(QUEUE, first);
        await().until(() -> Files.readAllLines(file), hasSize(1));
        Files.move(file, moved);
        RequestMessage second = Messages.ours("GET", "/2", NO_BODY);
        bus.push(QUEUE, second);
        await().until(() -> Files.exists(file) && Files.readAllLines(file).size() == 1);
        assertThat(Files.readString(moved), containsString(first.extra().requestId()));
        assertThat(Files.readString(file), containsString(second.extra().requestId()));
    }

    @Test
    void last_lines_are_written_before_a_stop_ends() throws Exception {
        Path file = folder.resolve("access.log");
        OracleUpstream oracle = oracle();
        Dispatcher dispatcher = start(settings(oracle.port()).accessLog(new AccessLogPlace.File(file)));
        List<RequestMessage> requests = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            RequestMessage request = Messages.ours("GET", "/" + i, NO_BODY);
            requests.add(request);
            bus.push(QUEUE, request);
        }
        requests.forEach(request -> bus.answer(request));
        dispatcher.close();
        List<String> ids = Files.readAllLines(file).stream()
                .map(line -> line.replaceAll(".* request=(\\S+) .*", "$1"))
                .sorted()
                .toList();
        assertThat(
                ids,
                contains(requests.stream()
                        .map(request -> request.extra().requestId())
                        .sorted()
                        .toArray(String[]::new)));
    }
}
