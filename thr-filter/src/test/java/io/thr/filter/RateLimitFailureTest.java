package io.thr.filter;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.thr.core.RawHttpClient;
import io.thr.core.redis.FaultyProxy;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.config.FilterConfig;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients of rate-limited paths get while Redis is away, how long that takes, and that it works again. */
class RateLimitFailureTest {

    /** A decision fails after 45 ms; the rest is for a machine that does other things too. */
    private static final long FIRST_MILLIS = 75;

    private final RedisServer redis = RedisServer.embedded();
    private final List<Container> containers = new ArrayList<>();
    private FaultyProxy proxy;

    @BeforeEach
    void start() {
        redis.start();
        proxy = FaultyProxy.before(redis);
    }

    @AfterEach
    void stop() {
        containers.forEach(Container::close);
        proxy.close();
        redis.stop();
    }

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getOutputStream().print("application");
        }
    }

    private int front(RedisUrl url) throws Exception {
        Container container = Container.Kind.JETTY.start(
                new ThrFilter(FilterConfig.parse("front.yaml", "redis: " + url + """

                        rules:
                          - when: { path: [/open, /closed, /local] }
                            then:
                              rate_limit: { name: few, key: [], algorithm: fixed-window, quota: 1000, window: 1h }
                          - when: { path: /small }
                            then:
                              rate_limit: { name: small, key: [], algorithm: token-bucket, quota: 20, window: 1h }
                              on_redis_failure: local
                          - { when: { path: /open }, then: { on_redis_failure: open } }
                          - { when: { path: /local }, then: { on_redis_failure: local } }
                        """, Map.of())), new Application());
        containers.add(container);
        return container.port();
    }

    /** On one connection, so that what is measured is not its making. */
    private static final class Client implements AutoCloseable {

        private final RawHttpClient http;

        Client(int port) throws IOException {
            http = new RawHttpClient(port);
        }

        RawHttpClient.Response get(String path) throws IOException {
            http.send("GET " + path + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
            return http.receive(false);
        }

        /** Microseconds of the middle one of so many. */
        long median(String path, int count) throws IOException {
            long[] micros = new long[count];
            for (int i = 0; i < count; i++) {
                long begin = System.nanoTime();
                get(path);
                micros[i] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begin);
            }
            Arrays.sort(micros);
            return micros[count / 2];
        }

        @Override
        public void close() throws IOException {
            http.close();
        }
    }

    @Test
    void a_server_that_does_not_answer_costs_the_first_request_50_ms_and_the_next_ones_nothing() throws Exception {
        try (Client client = new Client(front(proxy.url()))) {
            client.median("/free", 300);
            client.median("/open", 300);
            assertThat(client.get("/closed").header("RateLimit"), is(notNullValue()));

            proxy.blackHole();
            long begin = System.nanoTime();
            RawHttpClient.Response first = client.get("/closed");
            long firstMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);

            assertThat(first.status(), is(503));
            assertThat(first.header("Retry-After"), is(notNullValue()));
            assertThat("first, in ms", firstMillis, is(lessThan(FIRST_MILLIS)));
            RawHttpClient.Response open = client.get("/open");
            assertThat(open.text(), is("application"));
            assertThat(open.header("RateLimit"), is(nullValue()));
            RawHttpClient.Response local = client.get("/local");
            assertThat(local.text(), is("application"));
            assertThat(local.header("RateLimit"), is(notNullValue()));
            long free = client.median("/free", 300);
            assertThat("open, over free, in us", client.median("/open", 300) - free, is(lessThan(1000L)));
            assertThat("local, over free, in us", client.median("/local", 300) - free, is(lessThan(1000L)));
            assertThat("closed, over free, in us", client.median("/closed", 300) - free, is(lessThan(1000L)));

            long healed = System.nanoTime();
            proxy.heal();
            await().pollInterval(Duration.ofMillis(10))
                    .until(() -> client.get("/closed").status() == 200);
            long backMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - healed);
            assertThat("back again, in ms", backMillis, is(lessThan(1000L)));
        }
    }

    @Test
    void it_works_again_within_a_second_of_a_restart() throws Exception {
        try (Client client = new Client(front(redis.url()))) {
            assertThat(client.get("/closed").status(), is(200));

            redis.stop();
            await().until(() -> client.get("/closed").status() == 503);
            assertThat(client.get("/open").text(), is("application"));

            redis.start();
            long started = System.nanoTime();
            await().pollInterval(Duration.ofMillis(10))
                    .until(() -> client.get("/closed").status() == 200);
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started), is(lessThan(1000L)));
        }
    }

    @Test
    void nodes_that_are_alone_admit_together_what_they_would_with_redis() throws Exception {
        try (Client first = new Client(front(proxy.url()));
                Client second = new Client(front(proxy.url()));
                RedisState state = redis.state()) {
            await().until(() -> Long.valueOf(2).equals(state.command("ZCARD", "thr:{thr}:rate-nodes")));
            // the first hears of the second when it renews its lease
            String before = String.valueOf(state.command("ZRANGE", "thr:{thr}:rate-nodes", 0, -1, "WITHSCORES"));
            await().atMost(Duration.ofSeconds(20)).until(() -> !sharesScore(before, state));
            proxy.blackHole();

            int passed = 0;
            for (int i = 0; i < 40; i++) {
                passed += first.get("/small").status() == 200 ? 1 : 0;
                passed += second.get("/small").status() == 200 ? 1 : 0;
            }

            assertThat(passed, is(20));
        }
    }

    /** Whether a node has not renewed its lease since then. */
    private static boolean sharesScore(String before, RedisState state) {
        Object now = state.command("ZRANGE", "thr:{thr}:rate-nodes", 0, -1, "WITHSCORES");
        if (!(now instanceof List<?> parts)) {
            return true;
        }
        for (int i = 1; i < parts.size(); i += 2) {
            if (before.contains(String.valueOf(parts.get(i)))) {
                return true;
            }
        }
        return false;
    }
}
