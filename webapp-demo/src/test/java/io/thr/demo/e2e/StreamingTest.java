package io.thr.demo.e2e;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.demo.InProcessFront;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.config.FilterSettings;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Bodies that are passed on while they come, both ways, through the front, Redis and a dispatcher. */
class StreamingTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:stream";
    private static final int MIB = 1 << 20;

    private final RedisState state = REDIS.state();
    private ScriptedUpstream upstream;
    private AutoCloseable front;
    private int port;
    private Dispatcher dispatcher;

    @BeforeEach
    void start() throws Exception {
        state.flush();
        upstream = new ScriptedUpstream();
        InProcessFront started = InProcessFront.start(FilterSettings.defaults()
                .edit()
                .redis(REDIS.url())
                .defaultQueue(QUEUE)
                .timeout(Duration.ofSeconds(30))
                .graceTime(Duration.ZERO)
                .maxBody(512L * MIB)
                .maxBodyBytesInFlight(512L * MIB)
                .build());
        front = started;
        port = started.port();
        dispatcher = Dispatcher.start(DispatcherSettings.builder()
                .redis(REDIS.url())
                .statsEvery(Duration.ZERO)
                .timeout(Duration.ofSeconds(30))
                .queue(QueueSettings.of(QUEUE, "127.0.0.1", upstream.port()))
                .build());
    }

    @AfterEach
    void stop() throws Exception {
        dispatcher.close();
        front.close();
        upstream.close();
        assertThat(state.keys(), is(empty()));
        state.close();
    }

    private static final String SSE =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    @Test
    void events_arrive_one_by_one() throws Exception {
        try (SocketClient client = new SocketClient(port).get();
                ScriptedUpstream.Call call = upstream.next()) {
            call.write(SSE);
            String head = client.readUntil("\r\n\r\n");
            assertThat(head, startsWith("HTTP/1.1 200 "));
            assertThat(head, containsString("Content-Type: text/event-stream"));
            List<Long> micros = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String event = "data: " + i + "\n\n";
                long before = System.nanoTime();
                call.chunk(event);
                client.readUntil(event);
                micros.add((System.nanoTime() - before) / 1000);
            }
            System.getLogger(getClass().getName())
                    .log(System.Logger.Level.INFO, "from the upstream to the client, us: {0}", micros);
            call.write("0\r\n\r\n");
            client.readUntil("0\r\n\r\n");
        }
    }

    @Test
    void head_comes_before_the_first_byte_of_the_body() throws Exception {
        try (SocketClient client = new SocketClient(port).get();
                ScriptedUpstream.Call call = upstream.next()) {
            call.write("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n");
            assertThat(client.readUntil("\r\n\r\n"), containsString("Content-Length: 10000000"));
        }
    }

    @Test
    void body_that_breaks_off_is_not_taken_for_whole() throws Exception {
        try (SocketClient client = new SocketClient(port).get();
                ScriptedUpstream.Call call = upstream.next()) {
            call.write(SSE);
            call.chunk("some");
            client.readUntil("some");
            call.close();

            String rest;
            try {
                rest = client.readAll();
            } catch (java.net.SocketException e) {
                rest = "reset";
            }
            assertThat(rest, not(endsWith("0\r\n\r\n")));
        }
    }

    @Test
    void trailers_pass() throws Exception {
        try (SocketClient client = new SocketClient(port).get();
                ScriptedUpstream.Call call = upstream.next()) {
            call.write(SSE);
            call.chunk("a");
            client.readUntil("\r\na");
            call.write("0\r\nX-Checksum: 7\r\nX-Other: b\r\n\r\n");
            String end = client.readUntil("\r\n\r\n");
            assertThat(end, startsWith("\r\n0\r\n"));
            assertThat(end, containsString("X-Checksum: 7\r\n"));
        }
    }

    @Test
    void client_that_leaves_ends_the_call_at_once() throws Exception {
        try (ScriptedUpstream.Call call = leave()) {
            long before = System.nanoTime();
            // the connection is found closed by the next event
            call.chunk("data: x\n\n");
            call.chunk("data: y\n\n");
            call.awaitClosed(5000);
            System.getLogger(getClass().getName())
                    .log(System.Logger.Level.INFO, "aborted after ms: {0}", (System.nanoTime() - before) / 1_000_000);
        }
        await().until(() -> state.content("thr:{thr}:tickets") == null);
    }

    private ScriptedUpstream.Call leave() throws Exception {
        try (SocketClient client = new SocketClient(port).get()) {
            ScriptedUpstream.Call call = upstream.next();
            call.write(SSE);
            call.chunk("data: 1\n\n");
            client.readUntil("data: 1");
            client.reset();
            return call;
        }
    }

    @Test
    void slow_client_slows_the_upstream() throws Exception {
        try (SocketClient client = new SocketClient(port).get();
                ScriptedUpstream.Call call = upstream.next()) {
            long size = 200L * MIB;
            call.write("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
            client.readUntil("\r\n\r\n");
            AtomicLong written = new AtomicLong();
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write(call, size, written));
            AtomicLong before = new AtomicLong(-1);
            await().during(Duration.ofMillis(700)).until(() -> before.getAndSet(written.get()) == written.get());
            assertThat(written.get(), is(lessThan(32L * MIB)));
            assertThat(memory(), is(lessThan(16L * MIB)));
            byte[] buffer = new byte[MIB];
            long read = 0;
            while (read < size) {
                int n = client.in().read(buffer);
                assertThat(n, is(greaterThan(0)));
                read += n;
            }
            writing.join();
        }
    }

    private long memory() {
        return Long.parseLong(
                state.command("INFO", "memory").toString().replaceAll("(?s).*used_memory:(\\d+).*", "$1"));
    }

    private static void write(ScriptedUpstream.Call call, long size, AtomicLong written) {
        byte[] block = new byte[64 * 1024];
        try {
            while (written.get() < size) {
                call.out().write(block);
                written.addAndGet(block.length);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void large_upload_is_passed_on_while_it_comes() throws Exception {
        long size = 64L * MIB;
        try (SocketClient client =
                new SocketClient(port).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n")) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> upload(client, size));
            try (ScriptedUpstream.Call call = upstream.next()) {
                assertThat(call.head(), containsString("Content-Length: " + size + "\r\n"));
                byte[] buffer = new byte[MIB];
                long read = 0;
                long most = 0;
                while (read < size) {
                    int n = call.in().read(buffer);
                    assertThat(n, is(greaterThan(0)));
                    for (int i = 0; i < n; i++) {
                        if (buffer[i] != (byte) ((read + i) % 251)) {
                            throw new AssertionError("another byte at " + (read + i));
                        }
                    }
                    read += n;
                    if (read % (4L * MIB) < n) {
                        most = Math.max(most, memory());
                    }
                }
                assertThat(most, is(lessThan(16L * MIB)));
                call.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                sending.join();
                assertThat(client.readUntil("ok"), startsWith("HTTP/1.1 200 "));
            }
        }
    }

    private static void upload(SocketClient client, long size) {
        byte[] block = new byte[64 * 1024];
        try {
            for (long at = 0; at < size; at += block.length) {
                for (int i = 0; i < block.length; i++) {
                    block[i] = (byte) ((at + i) % 251);
                }
                client.out().write(block);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void chunked_upload_of_unknown_length_is_passed_on() throws Exception {
        try (SocketClient client =
                new SocketClient(port).send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")) {
            int piece = 64 * 1024;
            String chunk = Integer.toHexString(piece) + "\r\n" + "x".repeat(piece) + "\r\n";
            for (int i = 0; i < 20; i++) {
                client.send(chunk);
            }
            try (ScriptedUpstream.Call call = upstream.next()) {
                assertThat(call.head(), containsString("Transfer-Encoding: chunked\r\n"));
                client.send(chunk).send("0\r\n\r\n");
                StringBuilder seen = new StringBuilder();
                while (!seen.toString().endsWith("\r\n0\r\n\r\n")) {
                    byte[] some = new byte[MIB];
                    int n = call.in().read(some);
                    seen.append(new String(some, 0, n, StandardCharsets.ISO_8859_1));
                }
                assertThat(seen.chars().filter(c -> c == 'x').count(), is(21L * piece));
                call.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                client.readUntil("ok");
            }
        }
    }

    @Test
    void client_is_told_to_go_on_when_the_upstream_takes_its_body() throws Exception {
        int size = 2 * MIB;
        try (SocketClient client = new SocketClient(port)
                .send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: " + size + "\r\n\r\n")) {
            assertThat(client.readUntil("\r\n\r\n"), startsWith("HTTP/1.1 100 "));
            try (ScriptedUpstream.Call call = upstream.next()) {
                client.send("y".repeat(size));
                assertThat(call.in().readNBytes(size).length, is(size));
                call.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                client.readUntil("ok");
            }
        }
    }

    @Test
    void upload_whose_client_leaves_is_aborted() throws Exception {
        ScriptedUpstream.Call call;
        try (SocketClient client =
                new SocketClient(port).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n")) {
            client.send("z".repeat(1000));
            call = upstream.next();
            call.in().readNBytes(1000);
        }
        call.awaitClosed(5000);
        call.close();
        await().until(() -> state.content("thr:{thr}:tickets") == null);
    }

    @Test
    void early_answer_to_an_upload_reaches_its_client() throws Exception {
        try (SocketClient client =
                        new SocketClient(port).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
                ScriptedUpstream.Call call = upstream.next()) {
            call.write("HTTP/1.1 413 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
            call.close();
            assertThat(client.readUntil("\r\n\r\n"), startsWith("HTTP/1.1 413 "));
        } catch (SocketTimeoutException e) {
            throw new AssertionError("no answer", e);
        }
    }
}
