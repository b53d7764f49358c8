package io.thr.filter;

import static io.thr.core.match.TextPattern.glob;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.notNullValue;

import io.thr.core.Logged;
import io.thr.core.RawHttpClient;
import io.thr.core.match.CidrBlock;
import io.thr.core.message.Headers;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.RuleList;
import io.thr.filter.suspend.BlockedThreads;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A chain that is not async-supported: requests wait on their threads, and get the same. */
class BlockingWaitTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:blocking";

    private final TestBus bus = new TestBus(REDIS);
    private final List<Container> started = new ArrayList<>();
    private final ThrFilter filter = new ThrFilter(settings().build());

    @AfterEach
    void close() {
        started.forEach(Container::close);
        bus.close();
    }

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            byte[] body = request.getInputStream().readAllBytes();
            response.getOutputStream()
                    .print("application " + request.isAsyncSupported() + " " + new String(body, ISO_8859_1));
        }
    }

    private static FilterSettings.Builder settings() {
        return FilterSettings.defaults()
                .edit()
                .redis(REDIS.url())
                .timeout(Duration.ofSeconds(20))
                .graceTime(Duration.ZERO)
                .maxBlockedThreads(2)
                .trustedProxies(List.of(CidrBlock.parse("127.0.0.1")))
                .rules(new RuleList()
                        .add(when().path(glob("/api/*")), then().setRedisQueue(QUEUE))
                        .compile());
    }

    private Container start(Container.Kind kind, ThrFilter thr) throws Exception {
        Container container = kind.start(WebApp.of(thr, new Application()).withoutAsync());
        started.add(container);
        return container;
    }

    private static CompletableFuture<RawHttpClient.Response> client(Container container, byte[] request) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return RawHttpClient.exchange(container.port(), request);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static byte[] get(String target) {
        return ("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(ISO_8859_1);
    }

    private void respond(RequestMessage request, byte[] body) {
        bus.respond(
                request,
                new ResponseMessage(
                        200,
                        Headers.EMPTY,
                        bus.store(body),
                        new ResponseExtra(request.extra().requestId(), null, null, 1, null, false)));
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    @EachContainer
    void request_waits_on_its_thread_with_bodies_of_any_size_both_ways(Container.Kind kind) throws Exception {
        Container container = start(kind, filter);

        for (int size : new int[] {0, 7, 300_000, 3_000_000}) {
            byte[] body = random(size);
            CompletableFuture<RawHttpClient.Response> client = client(container, RawHttpClient.post("/api/x", body));
            RequestMessage request = bus.take(QUEUE);
            assertThat("request of " + size, Arrays.equals(bus.body(request), body), is(true));
            respond(request, body);
            RawHttpClient.Response response = client.get(30, TimeUnit.SECONDS);
            assertThat(response.status(), is(200));
            assertThat("response of " + size, Arrays.equals(response.body(), body), is(true));
        }
        assertThat(RawHttpClient.get(container.port(), "/other").text(), is("application false "));
        await().until(() -> filter.suspended() == 0);
    }

    @EachContainer
    void no_more_wait_than_may_and_the_log_says_once_how_to_mend_it(Container.Kind kind) throws Exception {
        List<String> logged = Logged.by(BlockedThreads.class, () -> {
            try {
                crowd(start(kind, filter));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });

        assertThat(logged, contains(containsString("<async-supported>true</async-supported>")));
    }

    private void crowd(Container container) throws Exception {
        CompletableFuture<RawHttpClient.Response> first = client(container, get("/api/1"));
        RequestMessage one = bus.take(QUEUE);
        CompletableFuture<RawHttpClient.Response> second = client(container, get("/api/2"));
        RequestMessage two = bus.take(QUEUE);

        RawHttpClient.Response third = RawHttpClient.get(container.port(), "/api/3");
        assertThat(third.status(), is(503));
        assertThat(third.header("Retry-After"), is(notNullValue()));
        assertThat(RawHttpClient.get(container.port(), "/other").status(), is(200));

        respond(one, random(1));
        assertThat(first.get(30, TimeUnit.SECONDS).status(), is(200));
        respond(two, random(1));
        assertThat(second.get(30, TimeUnit.SECONDS).status(), is(200));
        CompletableFuture<RawHttpClient.Response> fourth = client(container, get("/api/4"));
        respond(bus.take(QUEUE), random(1));
        assertThat(fourth.get(30, TimeUnit.SECONDS).status(), is(200));
    }

    @EachContainer
    void time_out_and_the_end_of_the_filter_end_it(Container.Kind kind) throws Exception {
        ThrFilter impatient =
                new ThrFilter(settings().timeout(Duration.ofMillis(300)).build());
        Container container = start(kind, impatient);
        assertThat(RawHttpClient.get(container.port(), "/api/x").status(), is(504));
        bus.take(QUEUE);

        Container other = start(kind, filter);
        CompletableFuture<RawHttpClient.Response> waiting = client(other, get("/api/y"));
        bus.take(QUEUE);
        filter.destroy();
        assertThat(waiting.get(30, TimeUnit.SECONDS).status(), is(503));
    }

    @EachContainer
    void what_may_pass_without_redis_passes_with_its_body(Container.Kind kind) throws Exception {
        Container container = start(
                kind,
                new ThrFilter(settings()
                        .redis(RedisUrl.of("127.0.0.1", 1))
                        .onRedisFailure(OnRedisFailure.OPEN)
                        .build()));

        RawHttpClient.Response response =
                RawHttpClient.exchange(container.port(), RawHttpClient.post("/api/x", "kept".getBytes(ISO_8859_1)));

        assertThat(response.text(), is("application false kept"));
    }

    @EachContainer
    void function_that_takes_its_time_holds_the_thread_until_it_is_done(Container.Kind kind) throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        RuleList rules = new RuleList()
                .add(when().path("/later"), then().customInputAsync(exchange -> gate.thenAccept(done -> {})));
        Container container =
                start(kind, new ThrFilter(settings().rules(rules.compile()).build()));

        CompletableFuture<RawHttpClient.Response> client = client(container, get("/later"));
        assertThat(RawHttpClient.get(container.port(), "/now").status(), is(200));
        gate.complete(null);

        assertThat(client.get(30, TimeUnit.SECONDS).text(), is("application false "));
    }
}
