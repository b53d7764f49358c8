package io.thr.demo.e2e;

import static java.lang.System.Logger.Level.INFO;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.BesideOthers;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of responses under way when the dispatcher is killed that passes them on, or Redis is. */
@BesideOthers
class StreamKillTest {

    private static final System.Logger LOG = System.getLogger(StreamKillTest.class.getName());

    private static final Duration LEASE = Duration.ofSeconds(10);

    private static final String LAST_CHUNK = "0\r\n\r\n";

    /** How long a key stays that is written for a dispatcher after its death. */
    private static final long INBOX_EXPIRY_MILLIS = 15_000;

    @TempDir
    Path directory;

    private RedisServer redis;
    private RedisState state;
    private StreamPrograms programs;
    private int port;

    @BeforeEach
    void start() throws Exception {
        redis = RedisServer.embedded().with("--dir", directory.toString());
        programs = new StreamPrograms(directory, redis);
        port = FreePort.next();
    }

    @AfterEach
    void stop() {
        programs.close();
        state.close();
        redis.stop();
    }

    private void startRedisAndFront() throws Exception {
        redis.start();
        state = redis.state();
        programs.front(port);
    }

    /** Reads a response in HTTP/1.1 until its connection ends; completed with its last bytes. */
    private CompletableFuture<String> http1(SocketClient client, String request) throws IOException {
        client.send(request);
        assertThat(client.readUntil("x"), startsWith("HTTP/1.1 200 "));
        return CompletableFuture.supplyAsync(() -> {
            try {
                return client.endOfAll(LAST_CHUNK.length());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** The same in HTTP/2; completed with what the client thinks of it. */
    private CompletableFuture<Result> http2(org.eclipse.jetty.client.HttpClient client, String target) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        AtomicLong bytes = new AtomicLong();
        client.newRequest("http://127.0.0.1:" + port + target)
                .onResponseContent((response, content) -> bytes.addAndGet(content.remaining()))
                .timeout(40, TimeUnit.SECONDS)
                .send(result::complete);
        await().untilAtomic(bytes, is(greaterThan(0L)));
        return result;
    }

    @Test
    void killed_dispatchers_streams_break_off_and_their_slots_are_free_within_its_lease_and_a_second()
            throws Exception {
        startRedisAndFront();
        org.eclipse.jetty.client.HttpClient http2 =
                new org.eclipse.jetty.client.HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));
        http2.start();
        try (EndlessUpstream upstream = new EndlessUpstream();
                SocketClient chunked = new SocketClient(port);
                SocketClient length = new SocketClient(port);
                SocketClient next1 = new SocketClient(port);
                SocketClient next2 = new SocketClient(port);
                SocketClient next3 = new SocketClient(port)) {
            Program killed = programs.dispatcher(upstream.port());
            // one of them must not run again, the others may
            CompletableFuture<String> ofChunked =
                    http1(chunked, "POST /chunked HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
            CompletableFuture<String> ofLength = http1(length, "GET /length HTTP/1.1\r\nHost: a\r\n\r\n");
            CompletableFuture<Result> ofHttp2 = http2(http2, "/h2c");
            next1.send("GET /chunked?next HTTP/1.1\r\nHost: a\r\n\r\n");
            next2.send("GET /length?next HTTP/1.1\r\nHost: a\r\n\r\n");
            next3.send("GET /h2c?next HTTP/1.1\r\nHost: a\r\n\r\n");
            programs.dispatcher(upstream.port());
            await().until(() -> StreamPrograms.tickets(state) == 6);
            assertThat(upstream.open(), is(3));

            killed.kill();
            long began = System.nanoTime();
            List<CompletableFuture<?>> brokenOff = List.of(ofChunked, ofLength, ofHttp2);
            List<String> next = List.of("/chunked?next", "/length?next", "/h2c?next");
            await().pollInterval(Duration.ofMillis(10))
                    .atMost(LEASE.plusSeconds(10))
                    .until(() -> next.stream().allMatch(target -> upstream.open(target) == 1));
            Duration free = Duration.ofNanos(System.nanoTime() - began);
            await().atMost(LEASE).until(() -> brokenOff.stream().allMatch(CompletableFuture::isDone));
            Duration broken = Duration.ofNanos(System.nanoTime() - began);
            LOG.log(INFO, "slots of the killed were used again after {0}, its clients knew after {1}", free, broken);

            assertThat(free, is(lessThanOrEqualTo(LEASE.plusSeconds(1))));
            assertThat(broken, is(lessThanOrEqualTo(LEASE.plusSeconds(2))));
            assertThat(ofChunked.join(), is(not(LAST_CHUNK)));
            // which ended, although it would have come to an end in a thousand years
            ofLength.join();
            assertThat(ofHttp2.join().getResponse().getStatus(), is(200));
            assertThat(ofHttp2.join().isFailed(), is(true));
            assertThat(upstream.begun("/chunked"), is(1));
            for (SocketClient client : List.of(next1, next2, next3)) {
                assertThat(client.readUntil("x"), startsWith("HTTP/1.1 200 "));
                client.close();
            }
            await().until(() -> upstream.open() == 0);
            await().until(() -> StreamPrograms.tickets(state) == 0);
            assertThat(lasting(), is(empty()));
            assertThat(timesToLive(), everyItem(is(lessThanOrEqualTo(INBOX_EXPIRY_MILLIS))));
        } finally {
            http2.stop();
        }
    }

    private List<String> lasting() {
        List<String> lasting = new ArrayList<>(Leftovers.of(state).keySet());
        lasting.retainAll(state.lasting());
        return lasting;
    }

    private List<Long> timesToLive() {
        return Leftovers.of(state).keySet().stream()
                .map(key -> Long.valueOf(String.valueOf(state.command("PTTL", key))))
                .toList();
    }

    /** What a client made of a response during which Redis was killed. */
    private sealed interface Seen {

        /** It knows that it has not all. */
        record Broken() implements Seen {}

        /** It thinks that it has all. */
        record Whole(long bytes) implements Seen {}
    }

    @Test
    void stream_during_which_redis_restarts_is_broken_off_or_whole() throws Exception {
        redis.with("--appendonly", "yes", "--appendfsync", "always");
        restartRedisInTheMiddle();
    }

    @Test
    void stream_during_which_redis_loses_its_data_is_broken_off_or_whole() throws Exception {
        restartRedisInTheMiddle();
    }

    private void restartRedisInTheMiddle() throws Exception {
        startRedisAndFront();
        CountedBody body = new CountedBody(32 << 20);
        try (ScriptedUpstream upstream = new ScriptedUpstream()) {
            programs.dispatcher(upstream.port());
            for (String framing : List.of("Content-Length: " + body.size(), "Connection: close")) {
                CompletableFuture<HttpResponse<InputStream>> response = HttpClient.newHttpClient()
                        .sendAsync(
                                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofInputStream());
                try (ScriptedUpstream.Call call = upstream.next()) {
                    call.write("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n");
                    CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
                        try {
                            body.writeTo(call.out());
                            call.close();
                        } catch (IOException e) {
                            // nobody wants the rest
                        }
                    });
                    Seen seen = read(response.get(20, TimeUnit.SECONDS).body(), body);
                    LOG.log(INFO, "{0}: {1}", framing, seen);
                    if (seen instanceof Seen.Whole whole) {
                        assertThat(whole.bytes(), is(body.size()));
                    }
                    sent.get(20, TimeUnit.SECONDS);
                }
                await().atMost(Duration.ofSeconds(30))
                        .ignoreExceptions()
                        .untilAsserted(() -> assertThat(lasting(), is(empty())));
            }
        }
    }

    /** Reads to the end; in the middle Redis is killed and started again. */
    private Seen read(InputStream in, CountedBody body) {
        try (in) {
            long read = body.readFrom(in, bytes -> {
                if (bytes == body.size() / 4) {
                    redis.kill();
                    redis.start();
                }
            });
            return new Seen.Whole(read + in.readAllBytes().length);
        } catch (IOException e) {
            LOG.log(INFO, "broken off: {0}", e.getMessage());
            return new Seen.Broken();
        }
    }
}
