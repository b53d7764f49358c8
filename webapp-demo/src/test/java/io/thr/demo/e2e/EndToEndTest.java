package io.thr.demo.e2e;

import static java.lang.System.Logger.Level.INFO;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;

import io.thr.core.OracleUpstream;
import io.thr.core.redis.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Front and dispatcher as two processes, Redis as a third, and an upstream that is the oracle. */
class EndToEndTest {

    private static final System.Logger LOG = System.getLogger(EndToEndTest.class.getName());

    private static final String FRONT = "io.thr.demo.Main";
    private static final String DISPATCHER = "io.thr.dispatcher.Main";

    private final RedisServer redis = RedisServer.embedded();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    @TempDir
    Path directory;

    @BeforeEach
    void startRedis() {
        redis.start();
    }

    @AfterEach
    void closeAll() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
        redis.stop();
    }

    private OracleUpstream upstream(OracleUpstream.Handler handler) throws IOException {
        OracleUpstream upstream = OracleUpstream.start(handler);
        opened.add(upstream);
        return upstream;
    }

    /** It is ready when {@link #dispatcher} returns: both start at the same time. */
    private int front(String... lines) throws Exception {
        int port = FreePort.next();
        Path file = directory.resolve("front.yaml");
        Files.writeString(file, "redis: " + redis.url() + "\n" + String.join("\n", lines) + "\n");
        opened.add(Program.begin(
                FRONT,
                "Start http2redis on http://localhost:" + port,
                "--config",
                file.toString(),
                "--port",
                Integer.toString(port)));
        return port;
    }

    private Program dispatcher(OracleUpstream upstream) throws Exception {
        Path file = directory.resolve("dispatcher.yaml");
        Files.writeString(file, """
                redis: %s
                stats_frequency_ms: 0
                queues:
                  - queue: thr:queue:default
                    http_host: 127.0.0.1
                    http_port: %d
                    max_concurrent: 200
                """.formatted(redis.url(), upstream.port()));
        Program program = Program.begin(DISPATCHER, "redis2http started", "--config", file.toString());
        opened.add(program);
        for (AutoCloseable one : opened) {
            if (one instanceof Program started) {
                started.awaitReady();
            }
        }
        return program;
    }

    private HttpRequest.Builder request(int port, String target) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
                .timeout(Duration.ofSeconds(60));
    }

    private byte[] post(int port, byte[] body) throws Exception {
        HttpResponse<byte[]> response = http.send(
                request(port, "/body")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
        assertThat(response.statusCode(), is(200));
        return response.body();
    }

    @Test
    void bodies_of_any_size_come_back_unchanged() throws Exception {
        OracleUpstream upstream = upstream(request -> OracleUpstream.response(200, request.body()));
        int port = front("default_queue: thr:queue:default");
        dispatcher(upstream);
        Random random = new Random(3);

        for (int size : new int[] {0, 1, 64 * 1024, 10 * 1024 * 1024}) {
            byte[] body = new byte[size];
            random.nextBytes(body);
            assertThat("echo of " + size, Arrays.equals(post(port, body), body), is(true));
        }
    }

    @Test
    void a_thousand_clients_at_once_each_get_their_own_response() throws Exception {
        OracleUpstream upstream = upstream(request -> OracleUpstream.response(200, request.body()));
        int port = front("default_queue: thr:queue:default");
        dispatcher(upstream);

        List<CompletableFuture<Boolean>> answers = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            String body = "client " + i + " " + "x".repeat(i % 300);
            answers.add(http.sendAsync(
                            request(port, "/client/" + i)
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .thenApply(response ->
                            response.statusCode() == 200 && response.body().equals(body)));
        }

        for (CompletableFuture<Boolean> answer : answers) {
            assertThat(answer.get(60, TimeUnit.SECONDS), is(true));
        }
        assertThat(upstream.seen(), hasSize(1000));
    }

    @Test
    void a_killed_dispatcher_loses_nothing_and_what_is_unsafe_and_was_running_is_not_run_again() throws Exception {
        OracleUpstream silent = upstream(request -> new CompletableFuture<byte[]>().get());
        OracleUpstream upstream = upstream(request -> OracleUpstream.response(200, request.target()));
        int port = front("default_queue: thr:queue:default");
        Program first = dispatcher(silent);

        List<CompletableFuture<HttpResponse<String>>> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(http.sendAsync(request(port, "/" + i).build(), HttpResponse.BodyHandlers.ofString()));
        }
        CompletableFuture<HttpResponse<String>> order = http.sendAsync(
                request(port, "/order")
                        .POST(HttpRequest.BodyPublishers.ofString("one"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        await().until(() -> silent.seen().size() == 21);
        first.kill();
        dispatcher(upstream);

        Set<String> bodies = new HashSet<>();
        for (CompletableFuture<HttpResponse<String>> client : clients) {
            HttpResponse<String> response = client.get(60, TimeUnit.SECONDS);
            assertThat(response.statusCode(), is(200));
            bodies.add(response.body());
        }
        assertThat(bodies, hasSize(20));
        HttpResponse<String> response = order.get(60, TimeUnit.SECONDS);
        assertThat(response.statusCode(), is(502));
        assertThat(response.headers().firstValue("Thr-Outcome").orElse("none"), is("unknown"));
        assertThat(
                upstream.seen().stream()
                        .filter(request -> request.method().equals("POST"))
                        .toList(),
                hasSize(0));
    }

    @Test
    void redis_may_stop_and_start_under_both() throws Exception {
        OracleUpstream upstream = upstream(request -> OracleUpstream.response(200, request.body()));
        int port = front("default_queue: thr:queue:default");
        dispatcher(upstream);
        post(port, new byte[10]);

        redis.stop();
        HttpResponse<String> refused = http.send(request(port, "/gone").build(), HttpResponse.BodyHandlers.ofString());
        redis.start();
        long start = System.nanoTime();
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            HttpResponse<String> again =
                    http.send(request(port, "/again").build(), HttpResponse.BodyHandlers.ofString());
            return again.statusCode() == 200;
        });
        LOG.log(INFO, "works again {0} ms after Redis", NANOSECONDS.toMillis(System.nanoTime() - start));

        assertThat(refused.statusCode(), is(503));
    }

    @Test
    void who_waits_while_redis_stops_and_starts_gets_a_response_or_a_clear_error() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        OracleUpstream upstream = upstream(request -> {
            gate.await();
            return OracleUpstream.response(200, request.body());
        });
        int port = front("default_queue: thr:queue:default");
        dispatcher(upstream);

        CompletableFuture<HttpResponse<String>> safe =
                http.sendAsync(request(port, "/safe").build(), HttpResponse.BodyHandlers.ofString());
        CompletableFuture<HttpResponse<String>> unsafe = http.sendAsync(
                request(port, "/unsafe")
                        .POST(HttpRequest.BodyPublishers.ofString("order"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        await().until(() -> upstream.seen().size() == 2);
        redis.stop();
        redis.start();
        // With the data of this Redis, which keeps none, what is known of the order is lost too.
        HttpResponse<String> unknown = unsafe.get(30, TimeUnit.SECONDS);
        gate.countDown();

        assertThat(safe.get(30, TimeUnit.SECONDS).statusCode(), is(200));
        assertThat(unknown.statusCode(), is(502));
        assertThat(unknown.headers().firstValue("Thr-Outcome").orElse("none"), is("unknown"));
        assertThat(
                upstream.seen().stream()
                        .filter(request -> request.method().equals("POST"))
                        .count(),
                is(1L));
    }

    @Test
    void both_programs_end_cleanly_when_they_are_told() throws Exception {
        OracleUpstream upstream = upstream(request -> OracleUpstream.response(200, request.body()));
        int port = front("default_queue: thr:queue:default");
        Program dispatcher = dispatcher(upstream);
        post(port, new byte[10]);

        assertThat(dispatcher.terminate(), is(0));
        assertThat(((Program) opened.get(1)).terminate(), is(0));
    }
}
