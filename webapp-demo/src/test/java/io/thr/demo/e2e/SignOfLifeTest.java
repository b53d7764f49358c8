package io.thr.demo.e2e;

import static io.thr.core.limit.MaxLimit.exactly;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.demo.InProcessFront;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.config.FilterConfig;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a client hears before its response: of its upstream, and of the queue that it waits in. */
class SignOfLifeTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:slow";

    private final RedisState state = REDIS.state();
    private ScriptedUpstream upstream;
    private InProcessFront front;
    private Dispatcher dispatcher;

    @BeforeEach
    void start() throws Exception {
        state.flush();
        upstream = new ScriptedUpstream();
        front = InProcessFront.start(FilterConfig.parse("front.yaml", """
                redis: %s
                timeout: 20s
                grace_time: 0s
                default_queue: %s
                rules:
                  - { when: { path: /events }, then: { sign_of_life: { as: events, every: 200ms } } }
                  - { when: { path: /interim }, then: { sign_of_life: { as: interim, every: 200ms } } }
                """.formatted(REDIS.url(), QUEUE), Map.of()));
        dispatcher = Dispatcher.start(DispatcherSettings.builder()
                .redis(REDIS.url())
                .statsEvery(Duration.ZERO)
                .timeout(Duration.ofSeconds(20))
                .queue(QueueSettings.of(QUEUE, "127.0.0.1", upstream.port()))
                .limit("one", request -> "all", exactly("all"), 1)
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

    private SocketClient client(String target, String... fields) throws IOException {
        return new SocketClient(front.port())
                .send("GET " + target + " HTTP/1.1\r\nHost: a\r\n"
                        + String.join(
                                "",
                                Arrays.stream(fields)
                                        .map(field -> field + "\r\n")
                                        .toList())
                        + "\r\n");
    }

    private SocketClient events(String target) throws IOException {
        return client(target, "Accept: text/event-stream");
    }

    private static final String EVENTS =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    // ---- of the upstream

    @Test
    void interim_responses_pass_as_they_come() throws Exception {
        try (SocketClient client = client("/");
                ScriptedUpstream.Call call = upstream.next()) {
            call.write("HTTP/1.1 102 Processing\r\n\r\n");
            assertThat(client.readUntil("\r\n\r\n"), startsWith("HTTP/1.1 102 "));
            call.write(
                    "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n");
            String hints = client.readUntil("\r\n\r\n");
            assertThat(hints, startsWith("HTTP/1.1 103 "));
            assertThat(hints, containsString("Link: </a.css>; rel=preload\r\n"));
            assertThat(hints, not(containsString("X-Hop")));
            call.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            String response = client.readUntil("ok");
            assertThat(response, startsWith("HTTP/1.1 200 "));
            assertThat(response, not(containsString("Link:")));
        }
    }

    @Test
    void interim_responses_and_response_in_one_packet_keep_their_order() throws Exception {
        try (SocketClient client = client("/");
                ScriptedUpstream.Call call = upstream.next()) {
            StringBuilder packet = new StringBuilder();
            for (int i = 0; i < 10; i++) {
                packet.append("HTTP/1.1 103 Early Hints\r\nX-Number: ")
                        .append(i)
                        .append("\r\n\r\n");
            }
            call.write(packet + EVENTS + "1\r\na\r\n0\r\n\r\n");
            for (int i = 0; i < 10; i++) {
                String hints = client.readUntil("\r\n\r\n");
                assertThat(hints, startsWith("HTTP/1.1 103 "));
                assertThat(hints, containsString("X-Number: " + i + "\r\n"));
            }
            assertThat(client.readUntil("\r\n\r\na"), startsWith("HTTP/1.1 200 "));
        }
    }

    @Test
    void client_of_http_1_0_gets_none() throws Exception {
        try (SocketClient client = new SocketClient(front.port()).send("GET /interim HTTP/1.0\r\n\r\n");
                ScriptedUpstream.Call call = upstream.next()) {
            call.write("HTTP/1.1 103 Early Hints\r\nX-Number: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            assertThat(client.readUntil("ok"), startsWith("HTTP/1.1 200 "));
        }
    }

    // ---- of the queue

    @Test
    void who_waits_is_shown_its_place_and_the_estimated_wait() throws Exception {
        try (SocketClient first = client("/");
                ScriptedUpstream.Call running = upstream.next();
                SocketClient second = client("/")) {
            await().until(() -> waiting() == 1);
            try (SocketClient third = client("/interim")) {
                await().until(() -> waiting() == 2);
                assertThat(place(third.readUntil("\r\n\r\n")), is(2L));
                answer(running, first);
                try (ScriptedUpstream.Call next = upstream.next()) {
                    String sign = third.readUntil("\r\n\r\n");
                    while (place(sign) == 2) {
                        sign = third.readUntil("\r\n\r\n");
                    }
                    assertThat(place(sign), is(1L));
                    // one has gone, within a second or so
                    long estimated = Long.parseLong(found("Thr-Estimated-Wait: (\\d+)\r\n", sign));
                    assertThat(estimated, is(greaterThan(0L)));
                    assertThat(estimated, is(lessThanOrEqualTo(15L)));
                    answer(next, second);
                }
                try (ScriptedUpstream.Call last = upstream.next()) {
                    last.write("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
                    String seen = third.readUntil("ok");
                    assertThat(seen, containsString("HTTP/1.1 201 Created\r\n"));
                    assertThat(seen.substring(seen.indexOf("HTTP/1.1 201 ")), not(containsString("Thr-Position")));
                }
            }
        }
    }

    @Test
    void stream_of_events_begins_with_comments_and_goes_on_as_the_upstream_s() throws Exception {
        try (SocketClient first = client("/");
                ScriptedUpstream.Call running = upstream.next();
                SocketClient waiting = events("/events")) {
            String head = waiting.readUntil("\r\n\r\n");
            assertThat(head, startsWith("HTTP/1.1 200 "));
            assertThat(head, containsString("Content-Type: text/event-stream\r\n"));
            waiting.readUntil(": queued position=1\n\n");
            answer(running, first);
            try (ScriptedUpstream.Call call = upstream.next()) {
                waiting.readUntil(": running\n\n");
                call.write(EVENTS);
                call.chunk("data: 1\n\n");
                waiting.readUntil("data: 1\n\n");
                call.chunk("data: 2\n\n");
                waiting.readUntil("data: 2\n\n");
                call.write("0\r\n\r\n");
                waiting.readUntil("0\r\n\r\n");
            }
        }
    }

    @Test
    void what_is_no_stream_of_events_is_told_in_an_event() throws Exception {
        try (SocketClient client = events("/events");
                ScriptedUpstream.Call call = upstream.next()) {
            client.readUntil(": running\n\n");
            call.write("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno");
            client.readUntil("event: error\ndata: {\"status\":503}\n\n");
            client.readUntil("0\r\n\r\n");
        }
    }

    @Test
    void upstream_that_breaks_off_is_told_in_an_event_and_its_stream_broken_off() throws Exception {
        try (SocketClient client = events("/events")) {
            try (ScriptedUpstream.Call call = upstream.next()) {
                client.readUntil(": running\n\n");
                call.write(EVENTS);
                call.chunk("data: 1\n\n");
                client.readUntil("data: 1\n\n");
            }
            String rest;
            try {
                rest = client.readAll();
            } catch (SocketException e) {
                rest = "reset";
            }
            assertThat(rest, not(endsWith("0\r\n\r\n")));
        }
        try (SocketClient client = events("/events")) {
            try (ScriptedUpstream.Call call = upstream.next()) {
                client.readUntil(": running\n\n");
            }
            assertThat(client.readUntil("\n\n"), containsString("event: error\ndata: {\"type\":"));
            client.readUntil("0\r\n\r\n");
        }
    }

    @Test
    void who_reads_no_events_gets_the_response_as_it_is() throws Exception {
        try (SocketClient client = client("/events", "Accept: application/json");
                ScriptedUpstream.Call call = upstream.next()) {
            call.write("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
            assertThat(client.readUntil("no"), startsWith("HTTP/1.1 404 "));
        }
    }

    @Test
    void quick_response_is_as_it_would_have_been() throws Exception {
        try (SocketClient client = events("/events");
                ScriptedUpstream.Call call = upstream.next()) {
            call.write("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
            assertThat(client.readUntil("no"), startsWith("HTTP/1.1 404 "));
        }
    }

    @Test
    void client_that_leaves_the_queue_is_noticed_by_the_sign_and_its_place_is_freed() throws Exception {
        for (String target : new String[] {"/interim", "/events"}) {
            try (SocketClient first = client("/");
                    ScriptedUpstream.Call running = upstream.next()) {
                try (SocketClient leaving = events(target)) {
                    leaving.readUntil("\r\n\r\n");
                    await().until(() -> waiting() == 1);
                }
                await().until(() -> waiting() == 0);
                answer(running, first);
            }
            await().until(() -> state.content("thr:{thr}:tickets"), is(nullValue()));
        }
    }

    private long waiting() {
        return (Long) state.command("ZCARD", "thr:{thr}:waiting");
    }

    /** The next call comes on another connection, so that {@link ScriptedUpstream#next} gives it. */
    private static void answer(ScriptedUpstream.Call call, SocketClient client) throws IOException {
        call.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        client.readUntil("ok");
    }

    private static long place(String interim) {
        assertThat(interim, startsWith("HTTP/1.1 103 Early Hints\r\n"));
        return Long.parseLong(found("Thr-Position: (\\d+)\r\n", interim));
    }

    private static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(text, matcher.find(), is(true));
        return matcher.group(1);
    }
}
