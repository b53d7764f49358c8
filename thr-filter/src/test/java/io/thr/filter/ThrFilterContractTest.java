package io.thr.filter;

import static io.thr.core.match.TextPattern.glob;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.thr.core.RawHttpClient;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the filter promises in every container. The test itself is the dispatcher, over a real Redis. */
class ThrFilterContractTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:hello";

    private final TestBus bus = new TestBus(REDIS);
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        bus.close();
    }

    /** The application behind the filter: tells what reached it. */
    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            byte[] body = request.getInputStream().readAllBytes();
            response.setHeader("X-App", "1");
            response.setContentType("text/plain");
            response.getOutputStream()
                    .print("application " + request.getMethod() + " " + request.getQueryString() + " "
                            + request.getHeader("X-A") + " " + request.getRemoteAddr() + " " + body.length);
        }
    }

    private static FilterSettings settings(RuleList rules) {
        return FilterSettings.defaults()
                .withRedis(REDIS.url())
                .withTimeout(Duration.ofSeconds(30))
                .withRules(rules.compile());
    }

    private static RuleList queueing() {
        return new RuleList().add(when().path(glob("/api/*")), then().setRedisQueue(QUEUE));
    }

    private Container start(Container.Kind kind, FilterSettings settings) throws Exception {
        Container container = kind.start(new ThrFilter(settings), new Application());
        opened.add(container);
        return container;
    }

    private static CompletableFuture<RawHttpClient.Response> client(int port, byte[] request) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return RawHttpClient.exchange(port, request);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static byte[] get(String target) {
        return ("GET " + target + " HTTP/1.1\r\nHost: a.example\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static <T> T result(CompletableFuture<T> future)
            throws ExecutionException, InterruptedException, TimeoutException {
        return future.get(60, TimeUnit.SECONDS);
    }

    private static ResponseMessage ok(RequestMessage request, String body) {
        return new ResponseMessage(
                200,
                Headers.of("Content-Type", "text/plain", "X-Up", "1"),
                MessageBody.of(body.getBytes(StandardCharsets.UTF_8)),
                new ResponseExtra(request.extra().requestId(), 3L, 4L, 1, "test", false));
    }

    @EachContainer
    void an_unmatched_request_passes_to_the_application(Container.Kind kind) throws Exception {
        Container container = start(kind, settings(queueing()));

        RawHttpClient.Response response = RawHttpClient.get(container.port(), "/other?a=b");

        assertThat(response.status(), is(200));
        assertThat(response.text(), is("application GET a=b null 127.0.0.1 0"));
    }

    @EachContainer
    void a_queued_request_gets_the_response_that_is_put_on_its_key(Container.Kind kind) throws Exception {
        Container container = start(kind, settings(queueing()));

        CompletableFuture<RawHttpClient.Response> client = client(container.port(), get("/api/%C3%A9?q=a&q=%20b"));
        RequestMessage request = bus.take(QUEUE);
        bus.respond(request, ok(request, "hello"));
        RawHttpClient.Response response = result(client);

        assertThat(request.method(), is("GET"));
        assertThat(request.path(), is("/api/%C3%A9"));
        assertThat(request.queryString(), is("q=a&q=%20b"));
        assertThat(request.host(), is("a.example"));
        assertThat(request.headers().all("X-Forwarded-For"), contains("127.0.0.1"));
        assertThat(request.headers().all("X-Forwarded-Proto"), contains("http"));
        assertThat(request.headers().all("Via"), contains("1.1 thr"));
        assertThat(response.status(), is(200));
        assertThat(response.text(), is("hello"));
        assertThat(response.header("X-Up"), is("1"));
        assertThat(response.header("Server-Timing"), is("thr-queue;dur=3, thr-upstream;dur=4"));
    }

    @EachContainer
    void bodies_of_any_size_go_both_ways_unchanged(Container.Kind kind) throws Exception {
        Container container = start(kind, settings(queueing()));
        Random random = new Random(7);

        for (int size : new int[] {0, 1, 64 * 1024, 10 * 1024 * 1024}) {
            byte[] body = new byte[size];
            random.nextBytes(body);
            CompletableFuture<RawHttpClient.Response> client =
                    client(container.port(), RawHttpClient.post("/api/body", body));
            RequestMessage request = bus.take(QUEUE);
            byte[] arrived = bus.body(request);
            assertThat("request of " + size, java.util.Arrays.equals(arrived, body), is(true));
            bus.respond(
                    request,
                    new ResponseMessage(
                            200,
                            Headers.of("Content-Type", "application/octet-stream"),
                            bus.store(body),
                            new ResponseExtra(request.extra().requestId(), null, null, 1, null, false)));
            RawHttpClient.Response response = result(client);
            assertThat("response of " + size, java.util.Arrays.equals(response.body(), body), is(true));
        }
        await().until(() -> bus.redis().keys().stream().noneMatch(key -> key.contains(":body:")));
    }

    @EachContainer
    void a_body_over_the_limit_gets_413(Container.Kind kind) throws Exception {
        Container container = start(kind, settings(queueing()));

        RawHttpClient.Response declared = RawHttpClient.exchange(
                container.port(),
                "POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10485761\r\nExpect: 100-continue\r\n\r\n");

        assertThat(declared.status(), is(413));
        assertThat(bus.length(QUEUE), is(0L));
    }

    @EachContainer
    void without_a_response_the_client_gets_504_in_time(Container.Kind kind) throws Exception {
        Container container = start(kind, settings(queueing()).withTimeout(Duration.ofMillis(400)));

        long start = System.nanoTime();
        RawHttpClient.Response response = RawHttpClient.get(container.port(), "/api/x");
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);

        assertThat(response.status(), is(504));
        assertThat(response.header("Content-Type"), is("application/problem+json"));
        assertThat(response.text(), containsString("no reply from the backend"));
        assertThat(millis, greaterThanOrEqualTo(400L));
    }

    @EachContainer
    void a_late_or_second_response_is_dropped(Container.Kind kind) throws Exception {
        Container container = start(kind, settings(queueing()).withTimeout(Duration.ofMillis(400)));

        RawHttpClient.Response timedOut = RawHttpClient.get(container.port(), "/api/late");
        RequestMessage late = bus.take(QUEUE);
        bus.respond(late, ok(late, "too late"));
        CompletableFuture<RawHttpClient.Response> client = client(container.port(), get("/api/next"));
        RequestMessage next = bus.take(QUEUE);
        bus.respond(next, ok(next, "first"));
        bus.respond(next, ok(next, "second"));
        RawHttpClient.Response response = result(client);
        await().until(() -> bus.length(next.extra().responseKey()) == 0);

        assertThat(timedOut.status(), is(504));
        assertThat(response.text(), is("first"));
    }

    @EachContainer
    void rules_answer_at_once_and_their_response_side_runs(Container.Kind kind) throws Exception {
        RuleList rules = new RuleList()
                .add(
                        when().path("/closed"),
                        then().setStatusCode(403)
                                .setOutputBody("forbidden by rule".getBytes(StandardCharsets.UTF_8))
                                .addOutputHeader("X-Out", "one"));
        Container container = start(kind, settings(rules));

        RawHttpClient.Response response = RawHttpClient.get(container.port(), "/closed");

        assertThat(response.status(), is(403));
        assertThat(response.text(), is("forbidden by rule"));
        assertThat(response.header("X-Out"), is("one"));
    }

    @EachContainer
    void a_passed_request_reaches_the_application_rewritten(Container.Kind kind) throws Exception {
        RuleList rules = new RuleList()
                .add(
                        when().path("/rewrite"),
                        then().setInputHeader("X-A", "b")
                                .setMethod("PUT")
                                .setQueryString("c=d")
                                .setRemoteIp("192.0.2.7")
                                .setInputBody("12345".getBytes(StandardCharsets.UTF_8))
                                .setOutputHeader("X-Out", "two")
                                .setOutputHeader("X-App", "3"));
        Container container = start(kind, settings(rules));

        RawHttpClient.Response response = RawHttpClient.get(container.port(), "/rewrite?a=b");

        assertThat(response.text(), is("application PUT c=d b 192.0.2.7 5"));
        assertThat(response.header("X-Out"), is("two"));
        assertThat(response.headers("X-App"), contains("3"));
    }

    @EachContainer
    void a_function_may_take_its_time_and_then_queue_or_pass(Container.Kind kind) throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        RuleList rules = new RuleList()
                .add(
                        when(),
                        then().customInputAsync(exchange -> gate.thenAccept(done -> {
                            if (exchange.path().equals("/queue")) {
                                exchange.setRedisQueue(QUEUE);
                            }
                        })));
        Container container = start(kind, settings(rules));

        CompletableFuture<RawHttpClient.Response> queued = client(container.port(), get("/queue"));
        CompletableFuture<RawHttpClient.Response> passed = client(container.port(), get("/pass"));
        gate.complete(null);
        RequestMessage request = bus.take(QUEUE);
        bus.respond(request, ok(request, "from the queue"));

        assertThat(result(queued).text(), is("from the queue"));
        assertThat(result(passed).text(), is("application GET null null 127.0.0.1 0"));
    }

    @EachContainer
    void a_function_that_fails_gets_500_and_tells_nothing_of_itself(Container.Kind kind) throws Exception {
        RuleList rules = new RuleList().add(when(), then().setRedisQueue(exchange -> {
            throw new IllegalStateException("secret");
        }));
        Container container = start(kind, settings(rules));

        RawHttpClient.Response response = RawHttpClient.get(container.port(), "/x");

        assertThat(response.status(), is(500));
        assertThat(response.text(), containsString("a rule failed"));
        assertThat(response.text().contains("secret"), is(false));
    }

    @EachContainer
    void status_599_of_the_original_becomes_504(Container.Kind kind) throws Exception {
        Container container = start(kind, settings(queueing()));

        CompletableFuture<RawHttpClient.Response> client = client(container.port(), get("/api/x"));
        RequestMessage request = bus.take(QUEUE);
        bus.respond(
                request,
                "{\"status_code\": 599, \"headers\": [], \"body\": \"\", \"extra\": {\"request_id\": \""
                        + request.extra().requestId() + "\"}}");

        assertThat(result(client).status(), is(504));
    }

    @EachContainer
    void hop_by_hop_fields_are_dropped_both_ways(Container.Kind kind) throws Exception {
        Container container = start(kind, settings(queueing()));

        CompletableFuture<RawHttpClient.Response> client = client(
                container.port(),
                "GET /api/x HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-End: 2\r\n\r\n"
                        .getBytes(StandardCharsets.ISO_8859_1));
        RequestMessage request = bus.take(QUEUE);
        bus.respond(
                request,
                new ResponseMessage(
                        200,
                        Headers.of(
                                "Connection",
                                "X-Hop",
                                "X-Hop",
                                "1",
                                "Keep-Alive",
                                "timeout=9",
                                "Set-Cookie",
                                "a=1",
                                "Set-Cookie",
                                "b=2"),
                        MessageBody.NONE,
                        new ResponseExtra(request.extra().requestId(), null, null, 1, null, false)));
        RawHttpClient.Response response = result(client);

        assertThat(request.headers().contains("Connection"), is(false));
        assertThat(request.headers().contains("X-Hop"), is(false));
        assertThat(request.headers().contains("TE"), is(false));
        assertThat(request.headers().first("X-End"), is("2"));
        assertThat(response.header("X-Hop"), is(nullValue()));
        assertThat(response.headers("Set-Cookie"), contains("a=1", "b=2"));
    }

    @EachContainer
    void undeploying_ends_what_still_waits_after_the_grace_time(Container.Kind kind) throws Exception {
        ThrFilter filter = new ThrFilter(
                settings(queueing()).edit().graceTime(Duration.ofMillis(300)).build());
        Container container = kind.start(filter, new Application());

        CompletableFuture<RawHttpClient.Response> client = client(container.port(), get("/api/x"));
        bus.take(QUEUE);
        filter.destroy();
        RawHttpClient.Response response = result(client);
        container.close();

        assertThat(response.status(), is(503));
        assertThat(response.header("Retry-After"), is(notNullValue()));
    }

    @EachContainer
    void a_client_that_leaves_before_its_body_is_whole_is_forgotten(Container.Kind kind) throws Exception {
        ThrFilter filter = new ThrFilter(settings(queueing()));
        opened.add(kind.start(filter, new Application()));
        Container container = (Container) opened.get(opened.size() - 1);

        try (RawHttpClient client = new RawHttpClient(container.port())) {
            client.send("POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nten bytes.");
            await().until(() -> filter.suspended() == 1);
        }

        await().until(() -> filter.suspended() == 0);
        assertThat(bus.length(QUEUE), is(0L));
    }

    @EachContainer
    void an_ambiguous_path_gets_400(Container.Kind kind) throws Exception {
        Container container = start(kind, settings(queueing()));

        RawHttpClient.Response response = RawHttpClient.get(container.port(), "/api/..;/admin");

        assertThat(response.status(), equalTo(400));
    }
}
