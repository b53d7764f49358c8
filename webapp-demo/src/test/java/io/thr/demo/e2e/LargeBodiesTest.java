package io.thr.demo.e2e;

import static java.lang.System.Logger.Level.INFO;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bodies much larger than what the processes on their way could hold. Front and dispatcher have 64 MiB of heap each, all
 * that they have at idle included, and as much for buffers outside it; one that needed more would end, and the exchange with
 * it. What Redis uses is asked for after each MiB that has arrived. Bodies have 192 MiB; {@code -Pchaos} sends 1 GiB, any
 * number {@code -Dthr.body.mib=N}.
 */
class LargeBodiesTest {

    private static final System.Logger LOG = System.getLogger(LargeBodiesTest.class.getName());

    private static final long MIB = 1 << 20;
    private static final long SIZE = Integer.getInteger("thr.body.mib", 192) * MIB;
    private static final long REDIS_MAY_USE = 16 * MIB;
    private static final List<String> SMALL =
            List.of("-Xmx64m", "-XX:MaxDirectMemorySize=64m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError");

    @TempDir
    static Path directory;

    private static RedisServer redis;
    private static RedisState state;
    private static ScriptedUpstream upstream;
    private static Program front;
    private static Program dispatcher;
    private static int port;

    private long idle;
    private long most;

    @BeforeAll
    static void start() throws Exception {
        redis = RedisServer.embedded().start();
        state = redis.state();
        upstream = new ScriptedUpstream();
        port = FreePort.next();
        Path frontFile = Files.writeString(
                directory.resolve("front.yaml"),
                "redis: %s\ndefault_queue: thr:queue:default\ntimeout: 30s\nmax_body: 4096MiB\n"
                        .formatted(redis.url()));
        front = Program.start(
                SMALL,
                "io.thr.demo.Main",
                "Start http2redis",
                "--config",
                frontFile.toString(),
                "--port",
                Integer.toString(port));
        Path dispatcherFile =
                Files.writeString(directory.resolve("dispatcher.yaml"), """
                redis: %s
                stats_frequency_ms: 0
                timeout: 30s
                queues:
                  - { queue: thr:queue:default, http_host: 127.0.0.1, http_port: %d, max_concurrent: 1 }
                """.formatted(redis.url(), upstream.port()));
        dispatcher = Program.start(
                SMALL, "io.thr.dispatcher.Main", "redis2http started", "--config", dispatcherFile.toString());
    }

    @AfterAll
    static void stop() throws Exception {
        dispatcher.close();
        front.close();
        upstream.close();
        state.close();
        redis.stop();
    }

    @BeforeEach
    void lookAtIdle() {
        idle = usedMemory();
    }

    /** The slot is free too: there is only one. */
    @AfterEach
    void nothing_is_left_and_the_next_is_served() throws Exception {
        await().untilAsserted(() -> assertThat(left(), is(empty())));
        try (SocketClient client = new SocketClient(port).get();
                ScriptedUpstream.Call call = upstream.next()) {
            call.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnext");
            assertThat(client.readUntil("next"), startsWith("HTTP/1.1 200 "));
        }
        await().untilAsserted(() -> assertThat(usedMemory(), is(lessThan(idle + 2 * MIB))));
    }

    /** Where a client leaves while its request ends by itself, a note that it must not run stays until its deadline. */
    private static Set<String> left() {
        Set<String> left = new TreeSet<>(Leftovers.of(state).keySet());
        left.removeIf(
                key -> key.equals("thr:{thr}:cancelled") && !state.lasting().contains(key));
        return left;
    }

    private static long usedMemory() {
        return Long.parseLong(
                String.valueOf(state.command("INFO", "memory")).replaceAll("(?s).*used_memory:(\\d+).*", "$1"));
    }

    private void look(long bytes) {
        if (bytes % MIB == 0) {
            most = Math.max(most, usedMemory());
        }
    }

    private void told(String what, long began) {
        LOG.log(
                INFO,
                "{0}: {1} MiB, {2} MiB/s, most that Redis used over idle: {3} KiB",
                what,
                SIZE / MIB,
                SIZE * 1_000_000_000L / MIB / (System.nanoTime() - began),
                (most - idle) / 1024);
    }

    private static CompletableFuture<Void> sending(CountedBody body, OutputStream out) {
        return CompletableFuture.runAsync(() -> {
            try {
                body.writeTo(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private void readAQuarter(InputStream in) throws IOException {
        assertThat(new CountedBody(SIZE / 4).readFrom(in, this::look), is(SIZE / 4));
    }

    private static SocketClient upload(long size) throws IOException {
        return new SocketClient(port).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n");
    }

    @Test
    void large_download_arrives_whole_in_little_memory() throws Exception {
        CountedBody body = new CountedBody(SIZE);
        long began = System.nanoTime();
        try (SocketClient client = new SocketClient(port).get();
                ScriptedUpstream.Call call = upstream.next()) {
            call.write("HTTP/1.1 200 OK\r\nContent-Length: " + SIZE + "\r\n\r\n");
            CompletableFuture<Void> sent = sending(body, call.out());
            assertThat(client.readUntil("\r\n\r\n"), containsString("Content-Length: " + SIZE + "\r\n"));
            assertThat(body.readFrom(client.in(), this::look), is(SIZE));
            sent.join();
        }
        told("download", began);
        assertThat(most - idle, is(lessThanOrEqualTo(REDIS_MAY_USE)));
    }

    @Test
    void large_upload_arrives_whole_in_little_memory() throws Exception {
        CountedBody body = new CountedBody(SIZE);
        long began = System.nanoTime();
        try (SocketClient client = upload(SIZE)) {
            CompletableFuture<Void> sent = sending(body, client.out());
            try (ScriptedUpstream.Call call = upstream.next()) {
                assertThat(body.readFrom(call.in(), this::look), is(SIZE));
                sent.join();
                call.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                assertThat(client.readUntil("ok"), startsWith("HTTP/1.1 200 "));
            }
        }
        told("upload", began);
        assertThat(most - idle, is(lessThanOrEqualTo(REDIS_MAY_USE)));
    }

    @Test
    void download_whose_client_leaves_in_the_middle_ends_its_call() throws Exception {
        CountedBody body = new CountedBody(SIZE);
        CompletableFuture<Void> sent;
        try (SocketClient client = new SocketClient(port).get();
                ScriptedUpstream.Call call = upstream.next()) {
            call.write("HTTP/1.1 200 OK\r\nContent-Length: " + SIZE + "\r\n\r\n");
            sent = sending(body, call.out());
            client.readUntil("\r\n\r\n");
            readAQuarter(client.in());
            client.reset();
            client.close();
            // the connection is closed under what it still has to write
            assertThrows(CompletionException.class, sent::join);
        }
        assertThat(most - idle, is(lessThanOrEqualTo(REDIS_MAY_USE)));
    }

    @Test
    void upload_whose_client_leaves_in_the_middle_ends_its_call() throws Exception {
        try (SocketClient client = upload(SIZE)) {
            CompletableFuture<Void> sent = sending(new CountedBody(SIZE), client.out());
            try (ScriptedUpstream.Call call = upstream.next()) {
                readAQuarter(call.in());
                client.reset();
                client.close();
                assertThrows(CompletionException.class, sent::join);
                call.awaitClosed(10_000);
            }
        }
        assertThat(most - idle, is(lessThanOrEqualTo(REDIS_MAY_USE)));
    }

    @Test
    void download_that_its_upstream_breaks_off_breaks_off_at_its_client() throws Exception {
        try (SocketClient client = new SocketClient(port).get()) {
            CompletableFuture<Void> sent;
            try (ScriptedUpstream.Call call = upstream.next()) {
                call.write("HTTP/1.1 200 OK\r\nContent-Length: " + SIZE + "\r\n\r\n");
                sent = sending(new CountedBody(SIZE), call.out());
                client.readUntil("\r\n\r\n");
                readAQuarter(client.in());
            }
            assertThat(client.readToItsEnd(), is(lessThan(SIZE - SIZE / 4)));
            assertThrows(CompletionException.class, sent::join);
        }
        assertThat(most - idle, is(lessThanOrEqualTo(REDIS_MAY_USE)));
    }

    @Test
    void upload_that_its_upstream_breaks_off_is_answered_with_an_error() throws Exception {
        try (SocketClient client = upload(SIZE)) {
            CompletableFuture<Void> sent = sending(new CountedBody(SIZE), client.out());
            try (ScriptedUpstream.Call call = upstream.next()) {
                readAQuarter(call.in());
            }
            assertThat(client.readUntil("\r\n\r\n"), startsWith("HTTP/1.1 502 "));
            client.reset();
            client.close();
            assertThrows(CompletionException.class, sent::join);
        }
        assertThat(most - idle, is(lessThanOrEqualTo(REDIS_MAY_USE)));
    }
}
