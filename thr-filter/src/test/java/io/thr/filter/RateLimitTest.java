package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.both;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import io.thr.core.RawHttpClient;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RatePolicy;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rate.RateCounts;
import io.thr.filter.rule.PlainRequest;
import io.thr.filter.rule.RateKeyPart;
import io.thr.filter.rule.RateLimit;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rate policies as clients meet them: refused, delayed, queued, on every container. */
class RateLimitTest {

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private final AtomicInteger served = new AtomicInteger();
    private @Nullable Container container;
    private @Nullable ThrFilter filter;

    @AfterEach
    void noKeyStaysForEver() {
        Container running = container;
        if (running != null) {
            running.close();
        }
        try (RedisState state = redis.state()) {
            for (String key : state.keys()) {
                assertThat(key, state.command("PTTL", key), is(not(-1L)));
            }
        }
    }

    private final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            served.incrementAndGet();
            String status = request.getParameter("status");
            response.setStatus(status == null ? 200 : Integer.parseInt(status));
            String cost = request.getParameter("cost");
            if (cost != null) {
                response.setHeader("X-Cost", cost);
            }
            response.getOutputStream().print("application");
        }
    }

    private int start(Container.Kind kind, FilterSettings settings) throws Exception {
        ThrFilter made = new ThrFilter(settings);
        filter = made;
        Container started = kind.start(made, new Application());
        container = started;
        return started.port();
    }

    private int start(Container.Kind kind, String yaml) throws Exception {
        String patient = "redis: " + redis.url() + "\nrate_limit_timeout: 10s\n";
        return start(kind, FilterConfig.parse("front.yaml", patient + yaml, Map.of()));
    }

    private ThrFilter filter() {
        ThrFilter running = filter;
        if (running == null) {
            throw new IllegalStateException("not started");
        }
        return running;
    }

    private RateCounts.Count counted(String policy) {
        return Objects.requireNonNull(filter().rateCounts().get(policy));
    }

    private static RawHttpClient.Response get(int port, String target, String... fields) throws IOException {
        StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: a.example\r\n");
        for (String field : fields) {
            request.append(field).append("\r\n");
        }
        return RawHttpClient.exchange(port, request + "\r\n");
    }

    /** As the issue has it. */
    private static final String PING = """
            rules:
              - when: { path: { glob: "/api/*" } }
                then:
                  rate_limit:
                    - { name: ping, key: [real_ip], algorithm: fixed-window, quota: 20, window: 60s }
                    - { name: burst, key: [real_ip], algorithm: token-bucket, quota: 100, window: 1s, burst: 10, on_exceeded: delay, max_delay: 2s }
                  on_redis_failure: open
            """;

    @EachContainer
    void the_21st_request_of_a_minute_is_refused_and_told_when_to_come_back(Container.Kind kind) throws Exception {
        int port = start(kind, PING);

        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            RawHttpClient.Response response = get(port, "/api/ping");
            statuses.add(response.status());
            assertThat(response.text(), is("application"));
            assertThat(response.header("RateLimit-Policy"), is("\"ping\";q=20;w=60, \"burst\";q=100;w=1"));
            assertThat(
                    response.header("RateLimit"),
                    matchesPattern("\"ping\";r=" + (19 - i) + ";t=(60|59|58|57|56|55), \"burst\";r=\\d+(;t=1)?"));
        }
        RawHttpClient.Response refused = get(port, "/api/ping");

        assertThat(statuses, is(java.util.Collections.nCopies(20, 200)));
        assertThat(refused.status(), is(429));
        assertThat(
                Integer.valueOf(refused.header("Retry-After")),
                is(both(greaterThanOrEqualTo(50)).and(lessThanOrEqualTo(67))));
        assertThat(refused.header("Cache-Control"), is("no-store"));
        assertThat(refused.header("Content-Type"), is("application/problem+json"));
        assertThat(refused.header("RateLimit"), containsString("\"ping\";r=0;t="));
        assertThat(
                refused.text(),
                both(containsString("http-problem-types#quota-exceeded"))
                        .and(containsString("\"violated-policies\":[\"ping\"]")));
        assertThat(get(port, "/free").header("RateLimit"), is(nullValue()));
        assertThat(served.get(), is(21));
    }

    @EachContainer
    void what_exceeds_a_policy_that_delays_waits_without_a_thread(Container.Kind kind) throws Exception {
        int port = start(kind, """
                rules:
                  - then:
                      rate_limit:
                        { name: slow, key: [], algorithm: token-bucket, quota: 10, window: 1s, burst: 1, on_exceeded: delay, max_delay: 1s }
                """);
        long begin = System.nanoTime();
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            answers.add(CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return get(port, "/x").status();
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    task -> new Thread(task).start()));
        }
        long granted = 0;
        for (CompletableFuture<Integer> answer : answers) {
            int status = answer.get(20, TimeUnit.SECONDS);
            assertThat(status, is(org.hamcrest.Matchers.oneOf(200, 429)));
            granted += status == 200 ? 1 : 0;
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);

        // one at once, ten that can begin within a second, and what has come free while they came
        assertThat(granted, is(both(greaterThanOrEqualTo(11L)).and(lessThanOrEqualTo(16L))));
        assertThat(millis, is(greaterThanOrEqualTo((granted - 1) * 100)));
        assertThat((long) served.get(), is(granted));
        assertThat(filter().suspended(), is(0));
        assertThat(counted("slow").delayed(), is(greaterThanOrEqualTo(10L)));
    }

    @Test
    void what_exceeds_a_policy_that_queues_waits_in_the_queue() throws Exception {
        int port = start(Container.Kind.JETTY, """
                rules:
                  - then:
                      rate_limit:
                        - { name: direct, key: [], algorithm: fixed-window, quota: 1, window: 60s, on_exceeded: queue, queue: thr:queue:slow }
                        - { name: all, key: [], algorithm: fixed-window, quota: 2, window: 60s }
                """);

        assertThat(get(port, "/x").text(), is("application"));
        CompletableFuture<RawHttpClient.Response> queued = CompletableFuture.supplyAsync(() -> {
            try {
                return get(port, "/x");
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        try (TestBus bus = new TestBus(redis)) {
            RequestMessage request = bus.take("thr:queue:slow");
            bus.respond(
                    request,
                    new ResponseMessage(
                            200,
                            Headers.EMPTY,
                            MessageBody.of("upstream".getBytes(StandardCharsets.UTF_8)),
                            new ResponseExtra(request.extra().requestId(), null, null, 1, null, false)));
        }
        RawHttpClient.Response response = queued.get(20, TimeUnit.SECONDS);
        assertThat(response.text(), is("upstream"));
        assertThat(response.header("RateLimit"), containsString("\"all\";r=0"));
        // what is queued is charged by the other policies all the same
        assertThat(get(port, "/x").status(), is(429));
        try (TestBus bus = new TestBus(redis)) {
            assertThat(bus.length("thr:queue:slow"), is(0L));
        }
    }

    @Test
    void what_exceeds_waits_in_the_default_queue_where_rules_let_pass_what_does_not() throws Exception {
        int port = start(Container.Kind.JETTY, """
                default_queue: thr:queue:default
                rules:
                  - then:
                      set_redis_queue: "null"
                      rate_limit: { name: direct, key: [], algorithm: fixed-window, quota: 1, window: 60s, on_exceeded: queue }
                """);
        assertThat(get(port, "/x").text(), is("application"));

        try (RawHttpClient client = new RawHttpClient(port);
                TestBus bus = new TestBus(redis)) {
            client.send("GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n");
            RequestMessage request = bus.take("thr:queue:default");
            bus.respond(
                    request,
                    new ResponseMessage(
                            200,
                            Headers.EMPTY,
                            MessageBody.of("upstream".getBytes(StandardCharsets.UTF_8)),
                            new ResponseExtra(request.extra().requestId(), null, null, 1, null, false)));
            assertThat(client.receive(false).text(), is("upstream"));
        }
    }

    @Test
    void direct_answers_and_queued_requests_come_under_policies_too() throws Exception {
        int port = start(Container.Kind.JETTY, """
                rules:
                  - when: { path: /api/ping }
                    then:
                      set_status_code: 200
                      set_output_default_body: PONG
                      rate_limit: { name: ping, key: [real_ip], algorithm: sliding-window, quota: 2, window: 60s }
                  - when: { path: /queued }
                    then: { set_redis_queue: "thr:queue:q", rate_limit: ping }
                """);

        assertThat(get(port, "/api/ping").text(), is("PONG"));
        assertThat(get(port, "/api/ping").text(), is("PONG"));
        RawHttpClient.Response refused = get(port, "/api/ping");
        assertThat(refused.status(), is(429));
        assertThat(refused.text(), containsString("quota-exceeded"));
        // a rule that names a policy of another shares it
        assertThat(get(port, "/queued").status(), is(429));
    }

    @Test
    void a_shadow_counts_and_refuses_nobody() throws Exception {
        int port = start(Container.Kind.JETTY, """
                rules:
                  - then:
                      rate_limit: { name: new, key: [], algorithm: fixed-window, quota: 1, window: 60s, shadow: true }
                """);

        assertThat(get(port, "/x").status(), is(200));
        RawHttpClient.Response second = get(port, "/x");

        assertThat(second.status(), is(200));
        assertThat(second.header("RateLimit"), is(nullValue()));
        assertThat(counted("new").granted(), is(1L));
        assertThat(counted("new").exceeded(), is(1L));
    }

    @EachContainer
    void costs_are_corrected_by_the_response(Container.Kind kind) throws Exception {
        int port = start(kind, """
                rules:
                  - then:
                      rate_limit:
                        { name: tokens, key: [], algorithm: fixed-window, quota: 100, window: 60s, cost: 10,
                          settle: { header: X-Cost }, refund_on: [404, 5xx] }
                """);

        assertThat(remaining(get(port, "/x")), is(90));
        get(port, "/x?status=404");
        awaitRemaining(port, 80);
        get(port, "/x?status=503");
        awaitRemaining(port, 70);
        get(port, "/x?cost=60");
        awaitRemaining(port, 0);
    }

    /** A refund is on its way for a moment after its response; each look costs ten, and each step above has left less. */
    private void awaitRemaining(int port, int expected) {
        Awaitility.await().until(() -> explained().state().remaining() == expected + 10L || expected == 0);
        try {
            assertThat(remaining(get(port, "/x")), is(expected));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private io.thr.filter.rate.RateExplanation explained() {
        return filter().explain(PlainRequest.get("/x")).join().policies().get(0);
    }

    private static int remaining(RawHttpClient.Response response) {
        String field = String.valueOf(response.header("RateLimit"));
        int start = field.indexOf("r=") + 2;
        int end = field.indexOf(';', start);
        return Integer.parseInt(end < 0 ? field.substring(start) : field.substring(start, end));
    }

    @Test
    void explain_tells_rules_policies_and_states_and_charges_nothing() throws Exception {
        int port = start(Container.Kind.JETTY, PING);
        get(port, "/api/ping");

        Explanation explanation = filter().explain(PlainRequest.get("/api/x").withIps("127.0.0.1", "127.0.0.1"))
                .join();
        Explanation again = filter().explain(PlainRequest.get("/api/x").withIps("127.0.0.1", "127.0.0.1"))
                .join();

        assertThat(explanation.rules(), contains("rule 1"));
        assertThat(explanation.decision(), is("pass"));
        assertThat(explanation.isExceeded(), is(false));
        assertThat(explanation.policies().get(0).state().remaining(), is(19L));
        assertThat(again.policies().get(0).state().remaining(), is(19L));
        assertThat(explanation.policies().get(0).by(), is("[real_ip]"));
        assertThat(explanation.policies().get(0).key(), matchesPattern("[A-Za-z0-9_-]{22}"));
        assertThat(filter().explain(PlainRequest.get("/free")).join().policies(), is(empty()));
    }

    @Test
    void keys_have_quotas_of_their_own_in_the_file_and_on_the_bus() throws Exception {
        int port = start(Container.Kind.JETTY, """
                rules:
                  - then:
                      rate_limit:
                        { name: plan, key: [{ header: X-Tenant }], algorithm: fixed-window, quota: 1, window: 60s, live: true,
                          overrides: [{ key: gold, quota: 3 }, { key: blocked, quota: 0 }] }
                """);

        assertThat(remaining(get(port, "/x", "X-Tenant: gold")), is(2));
        assertThat(remaining(get(port, "/x", "X-Tenant: other")), is(0));
        RawHttpClient.Response blocked = get(port, "/x", "X-Tenant: blocked");
        assertThat(blocked.status(), is(429));
        assertThat(blocked.header("Retry-After"), matchesPattern("6\\d"));
        assertThat(get(port, "/x", "X-Tenant: other").status(), is(429));

        try (RedisState state = redis.state()) {
            state.command("HSET", "thr:{thr}:rate-quotas", "plan:other", "5");
            long set = System.nanoTime();
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> get(port, "/x", "X-Tenant: other").status() == 200);
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - set), is(lessThan(1000L)));
            // or it would be a key that stays
            state.command("DEL", "thr:{thr}:rate-quotas");
        }
    }

    @Test
    void a_policy_may_have_its_own_words_and_fields_of_the_older_kind() throws Exception {
        int port = start(Container.Kind.JETTY, """
                rate_limit_headers: legacy
                rules:
                  - then:
                      rate_limit:
                        { name: own, key: [], algorithm: fixed-window, quota: 0, window: 60s, body: "zu viel", content_type: text/plain }
                """);

        RawHttpClient.Response refused = get(port, "/x");

        assertThat(refused.status(), is(429));
        assertThat(refused.text(), is("zu viel"));
        assertThat(refused.header("X-RateLimit-Limit"), is("0"));
        assertThat(refused.header("X-RateLimit-Remaining"), is("0"));
        assertThat(refused.header("RateLimit"), is(nullValue()));
    }

    @Test
    void functions_of_a_policy_that_fail_are_told_as_a_rules_failure() throws Exception {
        RateLimit broken = RateLimit.by(
                RatePolicy.named("broken", RateAlgorithm.FIXED_WINDOW, 1, Duration.ofSeconds(1))
                        .build(),
                RateKeyPart.custom("broken", exchange -> {
                    throw new IllegalStateException("broken on purpose");
                }));
        int port = start(
                Container.Kind.JETTY,
                FilterSettings.defaults()
                        .withRedis(redis.url())
                        .withRules(new RuleList()
                                .add(when(), then().rateLimit(broken))
                                .compile()));

        assertThat(get(port, "/x").status(), is(500));
    }
}
