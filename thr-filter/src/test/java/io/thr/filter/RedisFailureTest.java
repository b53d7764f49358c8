package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.notNullValue;

import io.thr.core.RawHttpClient;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients get while Redis is away, and after it has come back with nothing. */
class RedisFailureTest {

    private static final String QUEUE = "thr:queue:hello";

    private final RedisServer redis = RedisServer.embedded();
    private Container container;

    @BeforeEach
    void start() throws Exception {
        redis.start();
        RuleList rules = new RuleList()
                .add(when().path("/open"), then().setRedisQueue(QUEUE).onRedisFailure(OnRedisFailure.OPEN))
                .add(when().path("/closed"), then().setRedisQueue(QUEUE));
        FilterSettings settings = FilterSettings.defaults()
                .withRedis(redis.url())
                .withTimeout(Duration.ofSeconds(30))
                .withRules(rules.compile());
        container = Container.Kind.JETTY.start(new ThrFilter(settings), new Application());
    }

    @AfterEach
    void stop() {
        container.close();
        redis.stop();
    }

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            byte[] body = request.getInputStream().readAllBytes();
            response.getOutputStream().print("application " + new String(body, StandardCharsets.ISO_8859_1));
        }
    }

    private CompletableFuture<RawHttpClient.Response> client(byte[] request) {
        int port = container.port();
        return CompletableFuture.supplyAsync(() -> {
            try {
                return RawHttpClient.exchange(port, request);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void a_closed_rule_gives_503_and_an_open_one_passes_with_its_body() throws Exception {
        redis.stop();

        RawHttpClient.Response closed = RawHttpClient.get(container.port(), "/closed");
        RawHttpClient.Response open = RawHttpClient.exchange(
                container.port(), RawHttpClient.post("/open", "kept".getBytes(StandardCharsets.UTF_8)));

        assertThat(closed.status(), is(503));
        assertThat(closed.header("Retry-After"), is(notNullValue()));
        assertThat(open.status(), is(200));
        assertThat(open.text(), is("application kept"));
    }

    @Test
    void it_works_again_when_redis_is_back() throws Exception {
        redis.stop();
        RawHttpClient.get(container.port(), "/closed");
        redis.start();

        try (TestBus bus = new TestBus(redis)) {
            CompletableFuture<RawHttpClient.Response> answered = CompletableFuture.supplyAsync(() -> Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> RawHttpClient.get(container.port(), "/closed"), response -> response.status() == 200));
            RequestMessage request = bus.take(QUEUE);
            bus.respond(request, ok(request));
            assertThat(answered.get(30, TimeUnit.SECONDS).text(), is("back"));
        }
    }

    @Test
    void after_a_restart_with_nothing_left_safe_requests_are_offered_again_and_unsafe_ones_get_502() throws Exception {
        CompletableFuture<RawHttpClient.Response> safe =
                client("GET /closed HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        CompletableFuture<RawHttpClient.Response> unsafe =
                client(RawHttpClient.post("/closed", "order".getBytes(StandardCharsets.UTF_8)));
        try (TestBus bus = new TestBus(redis)) {
            Awaitility.await().until(() -> bus.length(QUEUE) == 2);
        }

        redis.stop();
        redis.start();

        try (TestBus bus = new TestBus(redis)) {
            RequestMessage again = bus.take(QUEUE);
            assertThat(again.method(), is("GET"));
            bus.respond(again, ok(again));
        }
        assertThat(safe.get(30, TimeUnit.SECONDS).text(), is("back"));
        RawHttpClient.Response unknown = unsafe.get(30, TimeUnit.SECONDS);
        assertThat(unknown.status(), is(502));
        assertThat(unknown.header("Thr-Outcome"), is("unknown"));
    }

    private static ResponseMessage ok(RequestMessage request) {
        return new ResponseMessage(
                200,
                Headers.EMPTY,
                MessageBody.of("back".getBytes(StandardCharsets.UTF_8)),
                new ResponseExtra(request.extra().requestId(), null, null, 1, null, false));
    }
}
