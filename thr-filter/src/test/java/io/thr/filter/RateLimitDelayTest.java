package io.thr.filter;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.notNullValue;

import io.thr.core.RawHttpClient;
import io.thr.core.rate.RateState;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.rate.RateExplanation;
import io.thr.filter.rule.PlainRequest;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of a request that a rate policy delays, and whose time never comes: all that it was charged is given back. */
class RateLimitDelayTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final long MINUTE_MILLIS = 60_000;

    /** One a minute: who comes second waits for longer than any test. */
    private static final String RULES = """
            rules:
              - then:
                  rate_limit:
                    - { name: slow, key: [], algorithm: token-bucket, quota: 1, window: 60s, burst: 1, on_exceeded: delay, max_delay: 90s }
                    - { name: all, key: [], algorithm: fixed-window, quota: 100, window: 1h }
            """;

    private final AtomicInteger served = new AtomicInteger();
    private final List<Container> containers = new ArrayList<>();

    @AfterEach
    void stop() {
        containers.forEach(Container::close);
    }

    private final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            served.incrementAndGet();
            response.getOutputStream().print("application");
        }
    }

    private static ThrFilter filter() {
        return new ThrFilter(FilterConfig.parse(
                "front.yaml", "redis: " + REDIS.url() + "\nrate_limit_timeout: 10s\n" + RULES, Map.of()));
    }

    private int start(Container.Kind kind, Filter filter) throws Exception {
        Container container = kind.start(filter, new Application());
        containers.add(container);
        return container.port();
    }

    private static RateState state(ThrFilter filter, int policy) {
        List<RateExplanation> policies =
                filter.explain(PlainRequest.get("/")).join().policies();
        return policies.get(policy).state();
    }

    private static void assertTwoAreCharged(ThrFilter filter) {
        assertThat(state(filter, 0).waitMillis(), is(greaterThan(MINUTE_MILLIS)));
        assertThat(state(filter, 1).remaining(), is(98L));
    }

    private static void awaitOneIsCharged(ThrFilter filter) {
        await().until(() -> state(filter, 0).waitMillis() <= MINUTE_MILLIS
                && state(filter, 1).remaining() == 99);
    }

    @Test
    void an_http2_client_that_leaves_gets_back_what_its_request_was_charged() throws Exception {
        ThrFilter filter = filter();
        int port = start(Container.Kind.JETTY, filter);
        assertThat(RawHttpClient.get(port, "/").status(), is(200));

        CompletableFuture<HttpResponse<String>> client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .build()
                .sendAsync(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        await().until(() -> filter.suspended() == 1);
        assertTwoAreCharged(filter);

        client.cancel(true);

        await().until(() -> filter.suspended() == 0);
        awaitOneIsCharged(filter);
        assertThat(served.get(), is(1));
    }

    @EachContainer
    void a_filter_that_stops_answers_at_once_and_gives_back(Container.Kind kind) throws Exception {
        ThrFilter stopping = filter();
        int port = start(kind, stopping);
        ThrFilter staying = filter();
        start(Container.Kind.JETTY, staying);
        assertThat(RawHttpClient.get(port, "/").status(), is(200));
        CompletableFuture<RawHttpClient.Response> client = CompletableFuture.supplyAsync(() -> get(port));
        await().until(() -> stopping.suspended() == 1);
        assertTwoAreCharged(staying);

        long begin = System.nanoTime();
        stopping.destroy();
        RawHttpClient.Response response = client.get(20, TimeUnit.SECONDS);

        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin), is(lessThanOrEqualTo(5000L)));
        assertThat(response.status(), is(503));
        assertThat(response.header("Retry-After"), is(notNullValue()));
        awaitOneIsCharged(staying);
        assertThat(served.get(), is(1));
    }

    private static RawHttpClient.Response get(int port) {
        try {
            return RawHttpClient.get(port, "/");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void where_nothing_can_wait_a_delay_is_503_and_charges_nothing() throws Exception {
        ThrFilter filter = new ThrFilter(FilterConfig.parse(
                "front.yaml",
                "redis: " + REDIS.url() + "\nrate_limit_timeout: 10s\nmax_blocked_threads: 0\n" + RULES,
                Map.of()));
        Container container =
                Container.Kind.JETTY.start(WebApp.of(filter, new Application()).withoutAsync());
        containers.add(container);
        assertThat(RawHttpClient.get(container.port(), "/").text(), is("application"));

        RawHttpClient.Response response = get(container.port());

        assertThat(response.status(), is(503));
        assertThat(response.header("Retry-After"), is(notNullValue()));
        awaitOneIsCharged(filter);
        assertThat(served.get(), is(1));
    }
}
