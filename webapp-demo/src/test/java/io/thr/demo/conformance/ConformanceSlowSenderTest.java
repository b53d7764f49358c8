package io.thr.demo.conformance;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;

import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.demo.StartedFront;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.config.FilterSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who sends slowly gets a status in the end, and his connection is closed (RFC 9110 §15.5.9, RFC 9112 §9.5). */
class ConformanceSlowSenderTest {

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:slow";
    private static final Duration PATIENCE = Duration.ofMillis(400);
    private static final Duration LONG = Duration.ofSeconds(20);

    private StartedFront front;

    @BeforeEach
    void start() throws IOException {
        front = StartedFront.start(
                FilterSettings.defaults()
                        .edit()
                        .redis(redis.url())
                        .timeout(LONG)
                        .graceTime(Duration.ZERO)
                        .defaultQueue(QUEUE)
                        .build(),
                PATIENCE);
    }

    @AfterEach
    void stop() {
        front.close();
    }

    private Socket connected() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), front.port());
        socket.setSoTimeout((int) LONG.toMillis());
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(Origin.bytes(text));
    }

    private void nothing_is_queued() {
        try (var state = redis.state()) {
            assertThat(state.keys(), not(hasItem(QUEUE)));
        }
    }

    @Test
    void a_body_that_stops_gets_408() throws Exception {
        try (Socket socket = connected()) {
            send(socket, "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 10\r\n\r\nhello");
            StrictReader reader = new StrictReader(socket.getInputStream());
            Message response = reader.response(false);

            assertThat(response.status(), is(408));
            assertThat(response.isToClose(), is(true));
            assertThat(reader.isAtEnd(), is(true));
        }
        nothing_is_queued();
    }

    @Test
    void a_large_body_that_stops_while_it_is_passed_on_gets_408_and_is_no_request() throws Exception {
        try (Origin upstream = new Origin();
                RedisState state = redis.state();
                Dispatcher dispatcher = Dispatcher.start(DispatcherSettings.builder()
                        .redis(redis.url())
                        .statsEvery(Duration.ZERO)
                        .queue(QueueSettings.of(QUEUE, "127.0.0.1", upstream.port()))
                        .build());
                Socket socket = connected()) {
            send(socket, "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n");
            send(socket, "200000\r\n" + "x".repeat(0x180000));
            StrictReader reader = new StrictReader(socket.getInputStream());
            Message response = reader.response(false);

            assertThat(response.status(), is(408));
            assertThat(response.isToClose(), is(true));
            assertThat(reader.isAtEnd(), is(true));
            // its slot is free again, and nothing of it is left
            await().until(() -> state.content("thr:{thr}:tickets") == null);
            assertThat(upstream.received(), is(empty()));
            assertThat(dispatcher.stats(), containsString("\"running\" : 0"));
        }
    }

    @Test
    void a_head_that_stops_ends_its_connection() throws Exception {
        try (Socket socket = connected()) {
            send(socket, "GET / HTTP/1.1\r\nHost: a.ex");

            assertThat(isClosedSoon(socket), is(true));
        }
        nothing_is_queued();
    }

    @Test
    void a_head_that_never_stops_gets_408() throws Exception {
        long start = System.nanoTime();
        try (Socket socket = connected()) {
            send(socket, "GET / HTTP/1.1\r\nHost: a.example\r\nX-A: ");
            drip(socket);
            Message response = new StrictReader(socket.getInputStream()).response(false);

            assertThat(response.status(), is(408));
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start), lessThan(LONG));
        nothing_is_queued();
    }

    @Test
    void a_later_head_that_never_stops_gets_408() throws Exception {
        try (Socket socket = connected()) {
            send(socket, "CONNECT a.example:1 HTTP/1.1\r\nHost: a.example:1\r\n\r\n");
            StrictReader reader = new StrictReader(socket.getInputStream());
            assertThat(reader.response(false).status(), is(501));
            send(socket, "GET / HTTP/1.1\r\nHost: a.example\r\nX-A: ");
            drip(socket);

            assertThat(reader.response(false).status(), is(408));
        }
        nothing_is_queued();
    }

    /** Sends a byte now and then, so that the connection is never idle, until there is something to read. */
    private static void drip(Socket socket) {
        await().pollInterval(PATIENCE.dividedBy(4)).atMost(LONG).until(() -> {
            boolean isAnswered = socket.getInputStream().available() > 0;
            if (!isAnswered) {
                send(socket, "x");
            }
            return isAnswered;
        });
    }

    private static boolean isClosedSoon(Socket socket) throws IOException {
        byte[] rest = socket.getInputStream().readAllBytes();
        return rest.length == 0 || new String(rest, 0, 12, StandardCharsets.ISO_8859_1).equals("HTTP/1.1 408");
    }
}
