package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import io.thr.core.message.Headers;
import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies in frames, both ways, on every container; the test is the dispatcher. */
class StreamedBodiesTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:streams";
    private static final String INBOX = "0123456789abcdef0123456789abcdef";
    private static final String STREAM = INBOX + ".1";
    private static final String LIST = new RedisKeys("thr").frames(INBOX);

    private final TestBus bus = new TestBus(REDIS);

    @AfterEach
    void leaves_nothing() {
        bus.redis().command("DEL", LIST);
        try {
            await().until(() -> bus.redis().keys().isEmpty());
        } finally {
            assertThat(bus.redis().keys(), is(empty()));
            bus.close();
        }
    }

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;
    }

    private static Container start(Container.Kind kind) throws Exception {
        return kind.start(
                new ThrFilter(FilterSettings.defaults()
                        .edit()
                        .redis(REDIS.url())
                        .timeout(Duration.ofSeconds(20))
                        .graceTime(Duration.ZERO)
                        .rules(new RuleList()
                                .add(when(), then().setRedisQueue(QUEUE))
                                .compile())
                        .build()),
                new Application());
    }

    private void send(RequestMessage request, Frame frame) {
        bus.redis().command("LPUSH", request.extra().responseKey(), FrameCodec.write(frame));
    }

    private void sendData(RequestMessage request, long number, String text) {
        send(request, new Frame.Data(request.extra().requestId(), STREAM, number, text.getBytes(ISO_8859_1)));
    }

    private void begin(RequestMessage request, Headers headers, String first) {
        ResponseExtra extra =
                new ResponseExtra(request.extra().requestId(), null, null, 1, "member", false).followedBy(STREAM);
        bus.respond(request, new ResponseMessage(200, headers, MessageBody.of(first.getBytes(ISO_8859_1)), extra));
    }

    private Frame nextFrame() throws MalformedMessageException {
        byte[] frame = bus.redis().pop(LIST);
        return FrameCodec.read(frame);
    }

    @EachContainer
    void pieces_arrive_as_they_come(Container.Kind kind) throws Exception {
        try (Container container = start(kind);
                Client client = new Client(container, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            assertThat(request.extra().frames(), is(true));
            begin(request, Headers.EMPTY, "");
            assertThat(client.readUntil("\r\n\r\n"), startsWith("HTTP/1.1 200"));
            for (int i = 0; i < 20; i++) {
                sendData(request, i, "piece " + i + ";");
                client.readUntil("piece " + i + ";");
                // one that comes twice is known
                sendData(request, i, "piece " + i + ";");
            }
            send(request, new Frame.End(request.extra().requestId(), STREAM, 20, Headers.EMPTY));
            assertThat(client.readUntil("\r\n0\r\n\r\n"), not(containsString("piece")));
        }
    }

    @Test
    void upload_that_redis_refuses_is_not_blamed_on_its_client() throws Exception {
        try (Container container = start(Container.Kind.JETTY);
                Client client =
                        new Client(container, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            bus.redis().command("SET", LIST, "no list");
            send(request, new Frame.Credit(request.extra().requestId(), STREAM, Frame.WINDOW));
            client.send("x".repeat(1000));
            String head = client.readUntil("\r\n\r\n");
            assertThat(head, startsWith("HTTP/1.1 502 "));
            assertThat(head, containsString("Thr-Outcome: unknown"));
        }
        // who takes the message now finds that its client has left
        bus.redis().command("DEL", new RedisKeys("thr").cancelled());
    }

    @EachContainer
    void trailers_follow_the_body(Container.Kind kind) throws Exception {
        try (Container container = start(kind);
                Client client = new Client(container, "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            begin(request, Headers.EMPTY, "first");
            client.readUntil("first");
            Headers trailers = Headers.of(List.of(new Headers.Field("X-Sum", "7")));
            send(request, new Frame.End(request.extra().requestId(), STREAM, 0, trailers));
            assertThat(client.readUntil("\r\n\r\n").toLowerCase(java.util.Locale.ROOT), containsString("x-sum: 7"));
        }
    }

    /** Aborted by its dispatcher, a piece missing, or another answer, as whoever takes over a lost dispatcher's gives. */
    @EachContainer
    void body_that_breaks_off_is_not_taken_for_whole(Container.Kind kind) throws Exception {
        for (String way : List.of("abort", "missing", "answer")) {
            try (Container container = start(kind);
                    Client client = new Client(container, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")) {
                RequestMessage request = bus.take(QUEUE);
                begin(request, Headers.EMPTY, "first");
                client.readUntil("first");
                String id = request.extra().requestId();
                switch (way) {
                    case "abort" -> send(request, new Frame.Abort(id, STREAM, "broke off"));
                    case "missing" -> sendData(request, 1, "second");
                    default ->
                        bus.respond(
                                request,
                                new ResponseMessage(
                                        502,
                                        Headers.EMPTY,
                                        MessageBody.NONE,
                                        new ResponseExtra(id, null, null, 1, "other", false)));
                }

                assertThat(way, client.rest(), not(endsWith("0\r\n\r\n")));
            }
        }
    }

    @EachContainer
    void dispatcher_hears_that_the_client_has_left(Container.Kind kind) throws Exception {
        try (Container container = start(kind)) {
            RequestMessage request;
            try (Client client = new Client(container, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")) {
                request = bus.take(QUEUE);
                begin(request, Headers.EMPTY, "first");
                client.readUntil("first");
                client.socket.setSoLinger(true, 0);
            }
            long number = 0;
            while (bus.length(LIST) == 0) {
                // it is noticed when something is written
                sendData(request, number++, "x");
                Thread.onSpinWait();
                if (number > 100_000) {
                    throw new AssertionError("nobody noticed");
                }
            }
            assertThat(nextFrame(), instanceOf(Frame.Abort.class));
        }
    }

    @EachContainer
    void upload_is_read_when_it_is_asked_for(Container.Kind kind) throws Exception {
        int size = 3 << 20;
        try (Container container = start(kind);
                Client client =
                        new Client(container, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            assertThat(request.extra().more(), is(true));
            Thread sender = new Thread(() -> {
                try {
                    client.send("u".repeat(size));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            sender.start();
            String id = request.extra().requestId();
            send(request, new Frame.Credit(id, STREAM, Frame.WINDOW));
            long read = 0;
            List<Frame> ends = new ArrayList<>();
            while (ends.isEmpty()) {
                Frame frame = nextFrame();
                if (frame instanceof Frame.Data data) {
                    read += data.bytes().length;
                    send(request, new Frame.Credit(id, STREAM, read + Frame.WINDOW));
                } else {
                    ends.add(frame);
                }
            }
            assertThat(read, is((long) size));
            assertThat(ends.get(0), instanceOf(Frame.End.class));
            // who asks again comes too late
            send(request, new Frame.Credit(id, INBOX + ".2", Frame.WINDOW));
            assertThat(nextFrame(), instanceOf(Frame.Abort.class));
            bus.respond(
                    request,
                    new ResponseMessage(
                            200,
                            Headers.EMPTY,
                            MessageBody.of("ok".getBytes(ISO_8859_1)),
                            new ResponseExtra(id, null, null, 1, null, false)));
            client.readUntil("ok");
            sender.join();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"thr:queue:x", "../x.1", "0123456789abcdef0123456789abcdef", "x.1", ".1"})
    void nobody_is_told_on_another_list(String stream) throws Exception {
        try (Container container = start(Container.Kind.JETTY);
                Client client = new Client(container, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            send(request, new Frame.Credit(request.extra().requestId(), stream, 5));
            begin(request, Headers.EMPTY, "");
            client.readUntil("\r\n\r\n");
            assertThat(
                    bus.redis().keys().stream()
                            .filter(key -> key.contains(stream))
                            .toList(),
                    is(empty()));
            send(request, new Frame.End(request.extra().requestId(), STREAM, 0, Headers.EMPTY));
            client.readUntil("0\r\n\r\n");
        }
    }
}
