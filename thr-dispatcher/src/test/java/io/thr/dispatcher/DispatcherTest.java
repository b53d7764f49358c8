package io.thr.dispatcher;

import static io.thr.core.OracleUpstream.raw;
import static io.thr.core.OracleUpstream.response;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.thr.core.OracleUpstream;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.dispatcher.upstream.UpstreamSettings;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole dispatcher between a real Redis and a real upstream. */
class DispatcherTest {

    private static final String QUEUE = "thr:queue:hello";
    private static final byte[] NO_BODY = {};

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private final List<AutoCloseable> toClose = new ArrayList<>();
    private TestBus bus = new TestBus(redis);

    @BeforeEach
    void open() {
        bus = new TestBus(redis);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : toClose) {
            closeable.close();
        }
        bus.close();
    }

    @Test
    void request_is_answered_with_what_the_upstream_said() throws Exception {
        OracleUpstream oracle = oracle(
                request -> response(201, "made", "X-A: 1", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-Bytes: caf\u00e9"));
        Dispatcher dispatcher = start(oracle);
        RequestMessage request = Messages.ours("POST", "/a%20b?q=1&&r=%C3%A9", raw("the body"));
        bus.push(QUEUE, request);

        ResponseMessage answer = bus.answer(request);
        assertThat(answer.statusCode(), is(201));
        assertThat(
                answer.headers(),
                is(Headers.of(
                        "X-A", "1",
                        "Set-Cookie", "a=1",
                        "Set-Cookie", "b=2",
                        "X-Bytes", "caf\u00e9",
                        "Content-Length", "4")));
        assertThat(bus.body(answer), is(raw("made")));
        assertThat(answer.extra().requestId(), is(request.extra().requestId()));
        assertThat(answer.extra().attempt(), is(1));
        assertThat(answer.extra().dispatcher(), is(dispatcher.member()));
        assertThat(answer.extra().queueMillis(), is(notNullValue()));
        assertThat(answer.extra().upstreamMillis(), is(notNullValue()));

        OracleUpstream.Seen seen = oracle.seen().get(0);
        assertThat(seen.head(), startsWith("POST /a%20b?q=1&&r=%C3%A9 HTTP/1.1\r\n"));
        assertThat(seen.body(), is(raw("the body")));
        assertThat(seen.all("Host"), contains("127.0.0.1:" + oracle.port()));
        assertThat(seen.all("X-Forwarded-Host"), contains("front.example:8888"));
        assertThat(seen.all("X-Thr-Bus"), is(empty()));
    }

    @Test
    void answer_waits_for_its_client_as_long_as_the_timeout() throws Exception {
        start(settings(queue(oracle(request -> response(200, "ok")))).timeout(Duration.ofSeconds(77)));
        RequestMessage request = Messages.originals("GET", "/");
        bus.push(QUEUE, request);
        String key = request.extra().responseKey();
        await().until(() -> bus.state().content(key) != null);
        assertThat((Long) bus.state().command("TTL", key), is(allOf(greaterThan(70L), lessThanOrEqualTo(77L))));
    }

    @Test
    void upstream_may_be_told_the_bus_and_the_clients_host_stays() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        start(settings(queue(oracle)).addThrExtraHeaders(true));
        RequestMessage request = Messages.message(
                "GET",
                "/",
                Headers.of("X-Forwarded-Host", "outer.example", "X-Thr-Bus", "forged"),
                NO_BODY,
                Messages.extra(Messages.now(), null, 1));
        bus.push(QUEUE, request);
        bus.answer(request);
        assertThat(oracle.seen().get(0).all("X-Forwarded-Host"), contains("outer.example"));
        assertThat(oracle.seen().get(0).all("X-Thr-Bus"), contains("127.0.0.1:" + redis.port()));
    }

    @Test
    void refused_connection_is_a_502() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        start(settings(QueueSettings.of(QUEUE, "127.0.0.1", port)));
        RequestMessage request = Messages.ours("POST", "/", raw("x"));
        bus.push(QUEUE, request);
        ResponseMessage answer = bus.answer(request);
        assertThat(answer.statusCode(), is(502));
        assertThat(answer.headers().first("Content-Type"), is("application/problem+json"));
        assertThat(answer.headers().first("Thr-Outcome"), is(nullValue()));
        assertThat(
                new String(bus.body(answer), StandardCharsets.UTF_8),
                is("{\"type\":\"about:blank\",\"title\":\"Bad Gateway\",\"status\":502,\"detail\":"
                        + "\"no connection to the upstream could be opened\",\"request_id\":\""
                        + request.extra().requestId() + "\"}"));
    }

    @Test
    void upstream_that_dies_is_a_502() throws Exception {
        start(oracle(request -> NO_BODY));
        assertThat(statusOf(Messages.ours("GET", "/", NO_BODY)), is(502));
    }

    @Test
    void upstream_that_is_too_slow_is_a_504_in_time() throws Exception {
        OracleUpstream oracle = hanging();
        start(settings(queue(oracle)).timeout(Duration.ofMillis(300)));
        assertThat(statusOf(Messages.ours("GET", "/", NO_BODY)), is(504));

        RequestMessage hasty =
                Messages.message("GET", "/", NO_BODY, Messages.extra(Messages.now(), Messages.now() + 0.2, 1));
        long begin = System.nanoTime();
        assertThat(statusOf(hasty), is(504));
        assertThat(Duration.ofNanos(System.nanoTime() - begin), is(lessThan(Duration.ofSeconds(3))));
    }

    @Test
    void request_that_waited_too_long_is_a_504_and_never_sent() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        start(settings(queue(oracle)).maxLifetime(Duration.ofSeconds(5)));
        double now = Messages.now();
        assertThat(statusOf(Messages.message("GET", "/", NO_BODY, Messages.extra(now - 6, null, 1))), is(504));
        assertThat(statusOf(Messages.message("GET", "/", NO_BODY, Messages.extra(now, now, 1))), is(504));
        assertThat(oracle.seen(), is(empty()));
    }

    @Test
    void redirects_are_followed_where_the_upstream_asks_for_it() throws Exception {
        OracleUpstream oracle = oracle(request -> request.target().equals("/a")
                ? response(302, "", "X-Thr-FollowRedirects: 1", "Location: /b")
                : response(200, "b"));
        start(oracle);
        assertThat(statusOf(Messages.ours("GET", "/a", NO_BODY)), is(200));
    }

    @Test
    void endless_redirects_are_a_310() throws Exception {
        start(oracle(request -> response(302, "", "X-Thr-FollowRedirects: 1", "Location: /b")));
        assertThat(statusOf(Messages.ours("GET", "/a", NO_BODY)), is(310));
    }

    @Test
    void unix_socket_is_an_upstream(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("s");
        OracleUpstream oracle = OracleUpstream.startOn(socket, request -> response(200, "ok"));
        toClose.add(oracle);
        start(settings(QueueSettings.of(QUEUE, socket.toString(), 8082)));
        assertThat(statusOf(Messages.ours("GET", "/", NO_BODY)), is(200));
    }

    @Test
    void response_that_is_too_large_is_a_502() throws Exception {
        start(settings(queue(oracle(request -> response(200, "x".repeat(1001)))))
                .maxResponseBody(1000));
        assertThat(statusOf(Messages.ours("GET", "/", NO_BODY)), is(502));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_536, 65_537, 10 * 1024 * 1024})
    void body_is_the_same_both_ways_beside_the_message_or_in_it(int size) throws Exception {
        byte[] body = new byte[size];
        new Random(size).nextBytes(body);
        OracleUpstream oracle = oracle(request -> response(200, request.body()));
        start(oracle);

        RequestMessage inline = Messages.ours("POST", "/inline", body);
        bus.push(QUEUE, inline);
        ResponseMessage answer = bus.answer(inline);
        assertThat(Arrays.equals(bus.body(answer), body), is(true));
        assertThat(answer.body() instanceof MessageBody.Link, is(size > 65_536));

        RequestMessage linked = bus.linked(Messages.ours("POST", "/linked", NO_BODY), body);
        bus.push(QUEUE, linked);
        assertThat(Arrays.equals(bus.body(bus.answer(linked)), body), is(true));

        // The original gives no deadline, and cannot follow a link
        RequestMessage originals = Messages.message("POST", "/", body, Messages.extra(Messages.now(), null, 1));
        bus.push(QUEUE, originals);
        ResponseMessage inlined = bus.answer(originals);
        assertThat(inlined.body(), is(instanceOf(MessageBody.Inline.class)));
        assertThat(Arrays.equals(bus.body(inlined), body), is(true));
    }

    @Test
    void request_whose_body_is_gone_is_a_502() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        start(oracle);
        RequestMessage request =
                Messages.ours("POST", "/", NO_BODY).withBody(new MessageBody.Link(new RedisKeys("thr").body("none")));
        assertThat(statusOf(request), is(502));
        assertThat(oracle.seen(), is(empty()));
    }

    @Test
    void message_that_cannot_be_read_is_buried_and_stops_nothing() throws Exception {
        start(oracle(request -> response(200, "ok")));
        bus.push(QUEUE, raw("no JSON"));
        bus.push(QUEUE, raw("[".repeat(100_000)));
        bus.push(QUEUE, raw("{}"));
        bus.push(QUEUE, new byte[] {(byte) 0xff, 0, 1});
        assertThat(statusOf(Messages.ours("GET", "/", NO_BODY)), is(200));
        await().until(() -> bus.list(RedisKeys.dead(QUEUE)).size() == 4);
        assertThat(bus.list(RedisKeys.dead(QUEUE)).toString(), containsString("no JSON"));
    }

    @Test
    void client_of_a_message_that_cannot_be_read_gets_502_where_it_is_known() throws Exception {
        start(oracle(request -> response(200, "ok")));
        RequestMessage request = Messages.ours("GET", "/", NO_BODY);
        String spoiled =
                new String(MessageCodec.write(request), StandardCharsets.UTF_8).replace("\"GET\"", "[\"GET\"]");
        bus.push(QUEUE, raw(spoiled));
        ResponseMessage answer = bus.answer(request);
        assertThat(answer.statusCode(), is(502));
        assertThat(answer.extra().requestId(), is(request.extra().requestId()));
        await().until(() -> bus.list(RedisKeys.dead(QUEUE)).size() == 1);
    }

    @Test
    void nobody_makes_it_write_to_another_key() throws Exception {
        start(oracle(request -> response(200, "ok")));
        String forged = new String(MessageCodec.write(Messages.ours("GET", "/", NO_BODY)), StandardCharsets.UTF_8)
                .replace("thr:queue:response:", "thr:queue:other:");
        bus.push(QUEUE, raw(forged));
        await().until(() -> bus.list(RedisKeys.dead(QUEUE)).size() == 1);
        assertThat(bus.state().keys().toString(), not(containsString("thr:queue:other")));
    }

    @Test
    void preferred_queue_is_served_first() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        for (int i = 0; i < 3; i++) {
            bus.push("later", Messages.ours("GET", "/later" + i, NO_BODY));
        }
        for (int i = 0; i < 3; i++) {
            bus.push("sooner", Messages.ours("GET", "/sooner" + i, NO_BODY));
        }
        start(settings(new QueueSettings(
                List.of("sooner", "later"), UpstreamSettings.of("127.0.0.1", oracle.port()), 1, 1, null)));
        await().until(() -> oracle.seen().size() == 6);
        assertThat(
                oracle.seen().stream().map(OracleUpstream.Seen::target).toList(),
                contains("/sooner0", "/sooner1", "/sooner2", "/later0", "/later1", "/later2"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void upstream_never_sees_more_at_a_time_than_it_may(int maxConcurrent) throws Exception {
        OracleUpstream oracle = oracle(request -> {
            Thread.sleep(5);
            return response(200, "ok");
        });
        List<RequestMessage> requests = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            requests.add(Messages.ours("GET", "/" + i, NO_BODY));
        }
        start(settings(new QueueSettings(
                List.of(QUEUE), UpstreamSettings.of("127.0.0.1", oracle.port()), 2, maxConcurrent, null)));
        requests.forEach(request -> bus.push(QUEUE, request));
        for (RequestMessage request : requests) {
            assertThat(bus.answer(request).statusCode(), is(200));
        }
        assertThat(oracle.most(), is(maxConcurrent));
        assertThat(oracle.seen(), hasSize(60));
    }

    @Test
    void many_requests_get_their_own_answers() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, request.body()));
        start(oracle);
        List<RequestMessage> requests = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            RequestMessage request = Messages.ours(i % 2 == 0 ? "PUT" : "POST", "/" + i, raw("body of " + i));
            requests.add(request);
            bus.push(QUEUE, request);
        }
        for (int i = 0; i < requests.size(); i++) {
            assertThat(bus.body(bus.answer(requests.get(i))), is(raw("body of " + i)));
        }
    }

    @Test
    void same_request_twice_runs_once() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        OracleUpstream oracle = oracle(request -> {
            go.await();
            return response(200, "ok");
        });
        start(oracle);
        RequestMessage request = Messages.ours("POST", "/", raw("x"));
        bus.push(QUEUE, request);
        await().until(() -> oracle.now() == 1);
        bus.push(QUEUE, request);
        await().until(() -> bus.list(QUEUE).isEmpty());
        go.countDown();
        assertThat(bus.answer(request).statusCode(), is(200));
        await().until(() -> bus.claimed().isEmpty());
        assertThat(oracle.seen(), hasSize(1));
    }

    @Test
    void two_dispatchers_share_the_work_and_run_nothing_twice() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, request.target()));
        start(oracle);
        start(oracle);
        List<RequestMessage> requests = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            RequestMessage request = Messages.ours("POST", "/" + i, raw("x"));
            requests.add(request);
            bus.push(QUEUE, request);
        }
        for (RequestMessage request : requests) {
            assertThat(bus.answer(request).statusCode(), is(200));
        }
        assertThat(oracle.seen(), hasSize(300));
    }

    @Test
    void idle_dispatcher_leaves_redis_alone() throws Exception {
        start(oracle(request -> response(200, "ok")));
        await().until(() -> !bus.state().keys().isEmpty());
        // Not the time of a condition but the thing itself: what happens in these seconds
        long before = commandsSent();
        Thread.sleep(12_000);
        assertThat(commandsSent() - before, is(lessThanOrEqualTo(12L)));
    }

    /** What clients have sent so far; what scripts have called, and the question itself, does not count. */
    private long commandsSent() {
        Set<String> notSent = Set.of(
                "time",
                "zscore",
                "zadd",
                "zrange",
                "zcard",
                "hlen",
                "exists",
                "del",
                "zrangebylex",
                "zremrangebyscore",
                "hget",
                "rpop",
                "info");
        return bus.state().commandCalls().entrySet().stream()
                .filter(calls -> !notSent.contains(calls.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    @Test
    void stats_file_has_the_originals_keys_while_it_runs(@TempDir Path directory) throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        OracleUpstream oracle = oracle(request -> {
            go.await();
            return response(200, "ok");
        });
        Path file = directory.resolve("stats.json");
        Dispatcher dispatcher = start(settings(queue(oracle)).statsFile(file).statsEvery(Duration.ofMillis(20)));
        RequestMessage expired = Messages.message("GET", "/", NO_BODY, Messages.extra(1, null, 1));
        assertThat(statusOf(expired), is(504));
        bus.push(QUEUE, raw("no JSON"));
        RequestMessage request = Messages.ours("GET", "/x?y=z", NO_BODY);
        bus.push(QUEUE, request);

        await().ignoreExceptions()
                .until(() -> stats(file).at("/running_requests").size() == 1
                        && stats(file).at("/buried_message_counter").asInt() == 1);
        JsonNode stats = stats(file);
        List<String> keys = new ArrayList<>();
        stats.fieldNames().forEachRemaining(keys::add);
        assertThat(
                keys,
                containsInAnyOrder(
                        "epoch",
                        "stopping_mode",
                        "bus_reinject_queue_127.0.0.1:" + redis.port() + "_size",
                        "running_requests",
                        "blocked_requests",
                        "running_bus_reinject_handler_number",
                        "running_request_redis_handler_number",
                        "bus_reinject_counter",
                        "total_request_counter",
                        "expired_request_counter",
                        "buried_message_counter",
                        "upstreams",
                        "counters"));
        assertThat(stats.at("/stopping_mode").asInt(), is(0));
        assertThat(stats.at("/expired_request_counter").asInt(), is(1));
        assertThat(stats.at("/running_request_redis_handler_number").asInt(), is(1));
        JsonNode running = stats.at("/running_requests/" + request.extra().requestId());
        assertThat(running.at("/method").asText(), is("GET"));
        assertThat(running.at("/url").asText(), is("http://127.0.0.1:" + oracle.port() + "/x?y=z"));
        assertThat(running.at("/big_priority").asInt(), is(50));
        assertThat(running.at("/since_ms").isNumber(), is(true));

        go.countDown();
        bus.answer(request);
        await().ignoreExceptions()
                .until(() -> stats(file).at("/total_request_counter").asInt() == 1);
        dispatcher.close();
        assertThat(Files.exists(file), is(false));
    }

    private static final int FINISHING = StoppingMode.FINISHING.number();

    private static JsonNode stats(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    @Test
    void nothing_is_left_behind() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        Dispatcher dispatcher = start(oracle);
        RequestMessage request = Messages.ours("POST", "/", raw("x"));
        bus.push(QUEUE, request);
        bus.answer(request);
        dispatcher.close();
        assertThat(bus.state().keys(), is(empty()));
    }

    @Test
    void stopping_finishes_what_runs_and_leaves_the_rest_to_others(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("stats.json");
        CountDownLatch go = new CountDownLatch(1);
        OracleUpstream oracle = oracle(request -> {
            go.await();
            return response(200, "ok");
        });
        Dispatcher dispatcher = start(
                settings(queue(oracle).withMaxConcurrent(2)).statsFile(file).statsEvery(Duration.ofMillis(20)));
        List<RequestMessage> requests = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            RequestMessage request = Messages.ours("POST", "/" + i, raw("x"));
            requests.add(request);
            bus.push(QUEUE, request);
        }
        await().until(() -> oracle.now() == 2);
        Thread stopping = new Thread(dispatcher::close);
        stopping.start();
        // Before it takes nothing more, a request that ends makes room for the next
        await().ignoreExceptions().until(() -> stats(file).at("/stopping_mode").asInt() == FINISHING);
        go.countDown();
        stopping.join(10_000);
        assertThat(stopping.isAlive(), is(false));
        assertThat(bus.answer(requests.get(0)).statusCode(), is(200));
        assertThat(bus.answer(requests.get(1)).statusCode(), is(200));
        // In Redis, where others find them and their place in the order is kept
        assertThat(bus.list(QUEUE).size() + bus.waiting(), is(3L));
        assertThat(oracle.seen(), hasSize(2));

        start(oracle);
        for (RequestMessage request : requests.subList(2, 5)) {
            assertThat(bus.answer(request).statusCode(), is(200));
        }
    }

    @Test
    void stopping_takes_no_longer_than_the_timeout() throws Exception {
        OracleUpstream oracle = hanging();
        Dispatcher dispatcher = start(settings(queue(oracle)).timeout(Duration.ofSeconds(1)));
        RequestMessage post = Messages.ours("POST", "/post", raw("x"));
        bus.push(QUEUE, post);
        await().until(() -> oracle.now() == 1);
        long begin = System.nanoTime();
        dispatcher.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin), is(lessThan(Duration.ofSeconds(4))));
        assertThat(bus.answer(post).statusCode(), is(504));
    }

    @Test
    void redis_that_was_away_is_found_again() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        start(oracle);
        assertThat(statusOf(Messages.ours("GET", "/before", NO_BODY)), is(200));
        redis.kill();
        redis.start();
        bus.close();
        bus = new TestBus(redis);
        long begin = System.nanoTime();
        assertThat(statusOf(Messages.ours("POST", "/after", raw("x"))), is(200));
        assertThat(Duration.ofNanos(System.nanoTime() - begin), is(lessThan(Duration.ofSeconds(2))));
    }

    @Test
    void answer_outlives_an_outage_of_redis() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        OracleUpstream oracle = oracle(request -> {
            go.await();
            return response(200, "ok");
        });
        start(oracle);
        RequestMessage request = Messages.ours("GET", "/", NO_BODY);
        bus.push(QUEUE, request);
        await().until(() -> oracle.now() == 1);
        redis.kill();
        go.countDown();
        await().until(() -> oracle.now() == 0);
        redis.start();
        bus.close();
        bus = new TestBus(redis);
        assertThat(bus.answer(request).statusCode(), is(200));
    }

    @Test
    void long_outage_of_redis_ends_what_must_not_run_twice() throws Exception {
        OracleUpstream oracle = hanging();
        start(oracle);
        RequestMessage post = Messages.ours("POST", "/", raw("x"));
        bus.push(QUEUE, post);
        await().until(() -> oracle.now() == 1);
        redis.kill();
        // Two thirds of the lease, which nobody can renew now
        Thread.sleep(Lease.SURE.plusSeconds(1).toMillis());
        redis.start();
        bus.close();
        bus = new TestBus(redis);
        ResponseMessage answer = bus.answer(post);
        assertThat(answer.statusCode(), is(502));
        assertThat(answer.headers().first("Thr-Outcome"), is("unknown"));
        assertThat(oracle.now(), is(1));
    }

    private OracleUpstream oracle(OracleUpstream.Handler handler) throws Exception {
        OracleUpstream oracle = OracleUpstream.start(handler);
        toClose.add(oracle);
        return oracle;
    }

    private OracleUpstream hanging() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        toClose.add(never::countDown);
        return oracle(request -> {
            never.await();
            return NO_BODY;
        });
    }

    private static QueueSettings queue(OracleUpstream oracle) {
        return QueueSettings.of(QUEUE, "127.0.0.1", oracle.port());
    }

    private static DispatcherSettings.Builder settings(QueueSettings queue) {
        return DispatcherSettings.builder()
                .redis(redis.url())
                .timeout(Duration.ofSeconds(20))
                .statsEvery(Duration.ZERO)
                .queue(queue);
    }

    private Dispatcher start(OracleUpstream oracle) {
        return start(settings(queue(oracle)));
    }

    private Dispatcher start(DispatcherSettings.Builder settings) {
        Dispatcher dispatcher = Dispatcher.start(settings.build());
        // Before the oracle, which would end its requests with an error
        toClose.add(0, dispatcher);
        return dispatcher;
    }

    private int statusOf(RequestMessage request) {
        bus.push(QUEUE, request);
        return bus.answer(request).statusCode();
    }
}
