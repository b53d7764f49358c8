package io.thr.filter;

import static io.thr.core.match.TextPattern.glob;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.InputStreamResponseListener;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What holds for HTTP/1.1 holds for HTTP/2, on every container, all streams on one connection; the test is the dispatcher. */
class Http2ContainersTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:http2";
    private static final RedisKeys KEYS = new RedisKeys("thr");
    private static final String INBOX = "0123456789abcdef0123456789abcdef";
    private static final String STREAM = INBOX + ".1";
    private static final int LARGE = 3 << 20;
    private static final int STREAMS = 50;
    private static final HttpClient CLIENT = new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));

    private final TestBus bus = new TestBus(REDIS);

    @BeforeAll
    static void begin() throws Exception {
        CLIENT.setMaxConnectionsPerDestination(1);
        CLIENT.start();
    }

    @AfterAll
    static void end() throws Exception {
        CLIENT.stop();
    }

    @AfterEach
    void leaves_nothing() {
        try {
            await().until(() -> bus.redis().keys().isEmpty());
        } finally {
            assertThat(bus.redis().keys(), is(empty()));
            bus.close();
        }
    }

    /** Says what it got. */
    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.setHeader("X-Protocol", request.getProtocol());
            response.setHeader("X-Mark", request.getHeader("X-Mark"));
            response.getOutputStream().write(request.getInputStream().readAllBytes());
        }
    }

    /** A container, its filter, and where it is. */
    private record Server(Container container, ThrFilter filter) implements AutoCloseable {

        static Server start(Container.Kind kind, UnaryOperator<FilterSettings.Builder> edit) throws Exception {
            FilterSettings.Builder settings = FilterSettings.defaults()
                    .edit()
                    .redis(REDIS.url())
                    .timeout(Duration.ofSeconds(20))
                    .graceTime(Duration.ZERO)
                    .rules(new RuleList()
                            .add(when().path("/pass"), then().setInputHeader("X-Mark", "rule"))
                            .add(
                                    when().path("/answer"),
                                    then().setStatusCode(418)
                                            .setOutputHeader("X-Mark", "rule")
                                            .setOutputBody("short and stout"))
                            .add(when().path(glob("/queue*")), then().setRedisQueue(QUEUE))
                            .compile());
            ThrFilter filter = new ThrFilter(edit.apply(settings).build());
            return new Server(kind.start(filter, new Application()), filter);
        }

        static Server start(Container.Kind kind) throws Exception {
            return start(kind, settings -> settings);
        }

        Request request(String path) {
            return CLIENT.newRequest("http://127.0.0.1:" + container.port() + path)
                    .version(HttpVersion.HTTP_2)
                    .timeout(15, TimeUnit.SECONDS);
        }

        @Override
        public void close() {
            container.close();
        }
    }

    private static CompletableFuture<ContentResponse> send(Request request) {
        return new CompletableResponseListener(request, LARGE).send();
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private void respond(RequestMessage request, byte[] body) {
        bus.respond(
                request,
                new ResponseMessage(
                        201,
                        Headers.of("X-Path", request.path(), "Connection", "close"),
                        bus.store(body),
                        new ResponseExtra(request.extra().requestId(), null, null, 1, null, false)));
    }

    @EachContainer
    void request_is_passed_on(Container.Kind kind) throws Exception {
        byte[] body = random(200_000);
        try (Server server = Server.start(kind)) {
            ContentResponse response = server.request("/pass")
                    .method("POST")
                    .body(new BytesRequestContent(body))
                    .send();

            assertThat(response.getStatus(), is(200));
            assertThat(response.getVersion(), is(HttpVersion.HTTP_2));
            assertThat(response.getHeaders().get("X-Protocol"), is("HTTP/2.0"));
            assertThat(response.getHeaders().get("X-Mark"), is("rule"));
            assertThat(response.getContent(), is(body));
        }
    }

    @EachContainer
    void rule_answers(Container.Kind kind) throws Exception {
        try (Server server = Server.start(kind)) {
            ContentResponse response = server.request("/answer").send();

            assertThat(response.getStatus(), is(418));
            assertThat(response.getHeaders().get("X-Mark"), is("rule"));
            assertThat(response.getContentAsString(), is("short and stout"));
        }
    }

    @EachContainer
    void queued_request_is_answered(Container.Kind kind) throws Exception {
        try (Server server = Server.start(kind)) {
            CompletableFuture<ContentResponse> client = send(server.request("/queue?a=1&b")
                    .method("PATCH")
                    .headers(fields -> fields.add("Cookie", "a=1").add("Cookie", "b=2"))
                    .body(new BytesRequestContent("text/plain", "what".getBytes(UTF_8))));

            RequestMessage request = bus.take(QUEUE);
            assertThat(request.method(), is("PATCH"));
            assertThat(request.path(), is("/queue"));
            assertThat(request.queryString(), is("a=1&b"));
            assertThat(request.host(), is("127.0.0.1:" + server.container().port()));
            assertThat(request.headers().all("Cookie"), is(List.of("a=1; b=2")));
            assertThat(request.headers().all("Via"), is(List.of("2.0 thr")));
            assertThat(new String(bus.body(request), UTF_8), is("what"));
            respond(request, "that".getBytes(UTF_8));

            ContentResponse response = client.join();
            assertThat(response.getStatus(), is(201));
            assertThat(response.getHeaders().get("X-Path"), is("/queue"));
            // which HTTP/2 does not know (RFC 9113 §8.2.2)
            assertThat(response.getHeaders().get("Connection"), is(nullValue()));
            assertThat(response.getContentAsString(), is("that"));
        }
    }

    /** Larger than the windows of a stream and of a connection. */
    @EachContainer
    void large_bodies_go_both_ways(Container.Kind kind) throws Exception {
        byte[] body = random(LARGE);
        try (Server server = Server.start(kind)) {
            CompletableFuture<ContentResponse> client =
                    send(server.request("/queue").method("POST").body(new BytesRequestContent(body)));

            RequestMessage request = bus.take(QUEUE);
            assertThat(bus.body(request), is(body));
            respond(request, body);

            assertThat(client.join().getContent(), is(body));
        }
    }

    @EachContainer
    void body_without_a_length_is_queued_whole(Container.Kind kind) throws Exception {
        byte[] half = random(50_000);
        try (Server server = Server.start(kind);
                AsyncRequestContent content = new AsyncRequestContent()) {
            CompletableFuture<ContentResponse> client =
                    send(server.request("/queue").method("POST").body(content));
            for (int i = 0; i < 2; i++) {
                content.write(ByteBuffer.wrap(half), Callback.NOOP);
                content.flush();
            }
            content.close();

            RequestMessage request = bus.take(QUEUE);
            assertThat(bus.body(request).length, is(2 * half.length));
            respond(request, half);

            assertThat(client.join().getContent(), is(half));
        }
    }

    private void tell(RequestMessage request, Frame frame) {
        bus.redis().command("LPUSH", request.extra().responseKey(), FrameCodec.write(frame));
    }

    @EachContainer
    void response_arrives_as_it_comes(Container.Kind kind) throws Exception {
        assumeTrue(kind != Container.Kind.UNDERTOW, "on a busy machine a piece has got stuck there: to be found out");
        try (Server server = Server.start(kind);
                InputStreamResponseListener client = new InputStreamResponseListener()) {
            server.request("/queue").send(client);
            RequestMessage request = bus.take(QUEUE);
            String id = request.extra().requestId();
            bus.respond(
                    request,
                    new ResponseMessage(
                            200,
                            Headers.EMPTY,
                            MessageBody.NONE,
                            new ResponseExtra(id, null, null, 1, "member", false).followedBy(STREAM)));
            assertThat(client.get(10, TimeUnit.SECONDS).getStatus(), is(200));
            DataInputStream in = new DataInputStream(client.getInputStream());
            for (int i = 0; i < 10; i++) {
                String piece = "piece " + i;
                tell(request, new Frame.Data(id, STREAM, i, piece.getBytes(UTF_8)));
                byte[] read = new byte[piece.length()];
                in.readFully(read);
                assertThat(new String(read, UTF_8), is(piece));
            }
            tell(request, new Frame.End(id, STREAM, 10, Headers.of("X-Sum", "7")));

            assertThat(in.read(), is(-1));
            assertThat(
                    client.await(10, TimeUnit.SECONDS)
                            .getResponse()
                            .getTrailers()
                            .get("X-Sum"),
                    is("7"));
        }
        bus.redis().command("DEL", KEYS.frames(INBOX));
    }

    @EachContainer
    void request_that_waits_too_long_is_answered_and_its_connection_goes_on(Container.Kind kind) throws Exception {
        try (Server server = Server.start(kind, settings -> settings.timeout(Duration.ofMillis(200)))) {
            assertThat(server.request("/queue").send().getStatus(), is(504));

            assertThat(server.request("/answer").send().getStatus(), is(418));
        }
        bus.redis().command("DEL", QUEUE, KEYS.cancelled());
    }

    /** What is said of a body before all of it has been sent: the stream may be reset after that (RFC 9113 §8.1). */
    private static CompletableFuture<Integer> refused(Request request, Request.Content body) {
        CompletableFuture<Integer> status = new CompletableFuture<>();
        request.method("POST")
                .body(body)
                .onResponseBegin(response -> status.complete(response.getStatus()))
                .send(result ->
                        status.completeExceptionally(new IllegalStateException("no response", result.getFailure())));
        return status;
    }

    @EachContainer
    void body_that_tells_that_it_is_too_large_is_refused(Container.Kind kind) throws Exception {
        try (Server server = Server.start(kind, settings -> settings.maxBody(100_000))) {
            assertThat(
                    refused(server.request("/queue"), new BytesRequestContent(random(200_000)))
                            .join(),
                    is(413));
            connectionGoesOn(kind, server);
        }
    }

    @EachContainer
    void body_that_turns_out_to_be_too_large_is_refused(Container.Kind kind) throws Exception {
        try (Server server = Server.start(kind, settings -> settings.maxBody(100_000));
                AsyncRequestContent untold = new AsyncRequestContent(ByteBuffer.wrap(random(200_000)))) {
            CompletableFuture<Integer> status = refused(server.request("/queue"), untold);
            untold.close();

            assertThat(status.join(), is(413));
            connectionGoesOn(kind, server);
        }
    }

    private static void connectionGoesOn(Container.Kind kind, Server server) throws Exception {
        assumeTrue(
                kind == Container.Kind.JETTY,
                "the others may end it (GOAWAY) when more of a body comes whose stream they have ended");
        assertThat(server.request("/answer").send().getStatus(), is(418));
    }

    /** Of which only Jetty tells before something is written. */
    @EachContainer
    void client_that_resets_its_stream_leaves_nothing_behind(Container.Kind kind) throws Exception {
        try (Server server = Server.start(kind)) {
            Request leaving = server.request("/queue");
            CompletableFuture<ContentResponse> client = send(leaving);
            RequestMessage request = bus.take(QUEUE);

            assertThat(
                    leaving.abort(new CancellationException("the test leaves")).join(), is(true));

            await().until(client::isCompletedExceptionally);
            if (kind == Container.Kind.JETTY) {
                await().until(() -> bus.redis().content(KEYS.cancelled()), notNullValue());
            } else {
                respond(request, random(100_000));
            }
            await().until(() -> server.filter().suspended() == 0);
            assertThat(server.request("/answer").send().getStatus(), is(418));
        }
        bus.redis().command("DEL", KEYS.cancelled());
    }

    @EachContainer
    void streams_of_one_connection_get_each_its_own_answer(Container.Kind kind) throws Exception {
        try (Server server = Server.start(kind)) {
            List<CompletableFuture<ContentResponse>> clients = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                clients.add(send(server.request("/queue" + i)));
            }
            List<RequestMessage> requests = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                requests.add(bus.take(QUEUE));
            }
            assertThat(server.filter().suspended(), is(STREAMS));
            Collections.shuffle(requests, new Random(STREAMS));
            for (RequestMessage request : requests) {
                respond(request, (request.path() + ";").repeat(3000).getBytes(UTF_8));
            }

            for (int i = 0; i < STREAMS; i++) {
                ContentResponse response = clients.get(i).join();
                assertThat(response.getHeaders().get("X-Path"), is("/queue" + i));
                assertThat(response.getContentAsString(), is(("/queue" + i + ";").repeat(3000)));
            }
        }
    }
}
