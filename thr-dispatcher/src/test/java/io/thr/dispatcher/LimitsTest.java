package io.thr.dispatcher;

import static io.thr.core.OracleUpstream.raw;
import static io.thr.core.OracleUpstream.response;
import static io.thr.core.limit.MaxLimit.dynamic;
import static io.thr.core.limit.MaxLimit.exactly;
import static io.thr.core.limit.RequestHash.header;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.thr.core.BesideOthers;
import io.thr.core.OracleUpstream;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.RequestHash;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RequestCancel;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Limits and order, as the upstream sees them. */
@BesideOthers("limits")
class LimitsTest {

    private static final String QUEUE = "thr:queue:hello";
    private static final byte[] NO_BODY = {};
    private static final MaxLimit.Value BAR = exactly("bar");

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    @TempDir
    Path directory;

    private final List<AutoCloseable> toClose = new ArrayList<>();
    private final CountDownLatch go = new CountDownLatch(1);
    private TestBus bus = new TestBus(redis);

    @BeforeEach
    void open() {
        bus = new TestBus(redis);
    }

    @AfterEach
    void close() throws Exception {
        go.countDown();
        for (AutoCloseable closeable : toClose) {
            closeable.close();
        }
        bus.close();
    }

    @Test
    void limit_of_two_makes_five_rounds_of_ten_requests() throws Exception {
        OracleUpstream oracle = taking(200);
        start(settings(oracle).limit("foo", header("Foo"), BAR, 2));
        long begin = System.nanoTime();
        List<RequestMessage> requests = push(10, "Foo", "bar");
        answered(requests);
        assertThat(millisSince(begin), is(greaterThanOrEqualTo(1_000L)));
        assertThat(oracle.most(), is(2));
        assertThat(oracle.seen(), hasSize(10));
    }

    @Test
    void what_a_limit_does_not_match_runs_at_once() throws Exception {
        OracleUpstream oracle = holding();
        start(settings(oracle).limit("foo", header("Foo"), BAR, 2));
        push(10, "Foo", "other");
        await().until(() -> oracle.now() == 10);
    }

    @Test
    void dynamic_limit_counts_each_value_by_itself() throws Exception {
        OracleUpstream oracle = holding();
        start(settings(oracle).limit("tenant", header("X-Tenant"), dynamic(), 1));
        List<RequestMessage> requests = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            requests.addAll(push(2, "X-Tenant", "t" + i));
        }
        await().until(() -> oracle.now() == 10 && bus.waiting() == 10);
        go.countDown();
        answered(requests);
        assertThat(oracle.most(), is(10));
    }

    @Test
    void several_limits_are_taken_all_or_none() throws Exception {
        OracleUpstream oracle = holding();
        start(settings(oracle).limit("a", header("A"), BAR, 1).limit("b", header("B"), BAR, 2));
        push("/1", "A", "bar", "B", "bar");
        await().until(() -> oracle.now() == 1);
        push("/2", "A", "bar", "B", "bar");
        await().until(() -> bus.waiting() == 1);
        // The second waits for a and holds nothing of b meanwhile
        push("/3", "B", "bar");
        await().until(() -> oracle.now() == 2);
        assertThat(targets(oracle), contains("/1", "/3"));
        push("/4", "B", "bar");
        await().until(() -> bus.waiting() == 2);
        assertThat(oracle.now(), is(2));
    }

    @Test
    void maximum_of_zero_stops_and_raising_it_lets_run_within_a_second() throws Exception {
        OracleUpstream oracle = holding();
        DispatcherSettings.Builder settings = settings(oracle);
        Dispatcher dispatcher = start(settings.limit("foo", header("Foo"), BAR, 0));
        push(3, "Foo", "bar");
        await().until(() -> bus.waiting() == 3);
        assertThat(oracle.seen(), is(empty()));

        dispatcher.reconfigure(
                settings.noLimits().limit("foo", header("Foo"), BAR, 2).build());
        await().atMost(Duration.ofSeconds(1)).until(() -> oracle.now() == 2);

        dispatcher.reconfigure(settings.noLimits().build());
        await().atMost(Duration.ofSeconds(1)).until(() -> oracle.now() == 3);
    }

    @Test
    void lowered_maximum_ends_nothing_and_lets_nothing_begin() throws Exception {
        OracleUpstream oracle = holding();
        DispatcherSettings.Builder settings = settings(oracle);
        Dispatcher dispatcher = start(settings.limit("foo", header("Foo"), BAR, 3));
        List<RequestMessage> running = push(3, "Foo", "bar");
        await().until(() -> oracle.now() == 3);
        dispatcher.reconfigure(
                settings.noLimits().limit("foo", header("Foo"), BAR, 1).build());
        await().until(() -> stats(dispatcher).at("/counters/foo_limit").asInt() == 1);
        push(1, "Foo", "bar");
        await().until(() -> bus.waiting() == 1);
        assertThat(oracle.now(), is(3));
        go.countDown();
        answered(running);
    }

    @Test
    void dispatchers_share_a_limit() throws Exception {
        OracleUpstream oracle = taking(20);
        start(settings(oracle).limit("foo", header("Foo"), BAR, 3));
        start(settings(oracle).limit("foo", header("Foo"), BAR, 3));
        List<RequestMessage> requests = push(60, "Foo", "bar");
        answered(requests);
        assertThat(oracle.most(), is(3));
        assertThat(oracle.seen(), hasSize(60));
    }

    @Test
    void slot_that_one_dispatcher_frees_is_anothers_to_use() throws Exception {
        OracleUpstream first = taking(300);
        OracleUpstream second = taking(10);
        start(settings(first, "q1").limit("foo", header("Foo"), BAR, 1));
        start(settings(second, "q2").limit("foo", header("Foo"), BAR, 1));
        RequestMessage one = message("/1", Messages.now() + 60, 50, "Foo", "bar");
        bus.push("q1", one);
        await().until(() -> first.now() == 1);
        RequestMessage two = message("/2", Messages.now() + 60, 50, "Foo", "bar");
        bus.push("q2", two);
        assertThat(bus.answer(one).statusCode(), is(200));
        await().atMost(Duration.ofSeconds(1)).until(() -> second.seen().size() == 1);
        assertThat(bus.answer(two).statusCode(), is(200));
    }

    @Test
    void blocked_crowd_is_in_nobodys_way() throws Exception {
        OracleUpstream oracle = holding();
        start(settings(oracle).limit("crowd", header("Crowd"), BAR, 1).limit("other", header("Other"), BAR, 1));
        byte[][] crowd = new byte[5_000][];
        for (int i = 0; i < crowd.length; i++) {
            crowd[i] = MessageCodec.write(message("/crowd", Messages.now() + 60, 50, "Crowd", "bar"));
        }
        for (byte[] message : crowd) {
            bus.push(QUEUE, message);
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> bus.waiting() == crowd.length - 1);
        long begin = System.nanoTime();
        push("/other", "Other", "bar");
        await().pollInterval(Duration.ofMillis(1))
                .pollDelay(Duration.ZERO)
                .until(() -> targets(oracle).contains("/other"));
        long millis = millisSince(begin);
        System.out.println("behind 5,000 that are blocked, another begins within " + millis + " ms");
        assertThat(millis, is(lessThan(500L)));
        assertThat(oracle.now(), is(2));
        bus.state().flush();
    }

    @Test
    void more_urgent_requests_overtake() throws Exception {
        OracleUpstream oracle = taking(20);
        start(settings(oracle).limit("foo", header("Foo"), BAR, 0));
        for (int priority : new int[] {99, 50, 1, 50}) {
            RequestMessage request = message("/" + priority, Messages.now() + 60, priority, "Foo", "bar");
            bus.push(QUEUE, request);
        }
        await().until(() -> bus.waiting() == 4);
        Dispatcher second = start(settings(oracle).limit("foo", header("Foo"), BAR, 1));
        await().until(() -> oracle.seen().size() == 4);
        assertThat(targets(oracle), contains("/1", "/50", "/50", "/99"));
        assertThat(stats(second).at("/counters/foo_limit").asInt(), is(1));
    }

    @Test
    void request_whose_time_is_up_is_answered_at_once() throws Exception {
        OracleUpstream oracle = holding();
        Dispatcher dispatcher = start(settings(oracle).limit("foo", header("Foo"), BAR, 0));
        double deadline = Messages.now() + 1;
        RequestMessage request = message("/", deadline, 50, "Foo", "bar");
        bus.push(QUEUE, request);
        ResponseMessage answer = bus.answer(request);
        double late = Messages.now() - deadline;
        System.out.println("answered " + Math.round(late * 1000) + " ms after its deadline");
        assertThat(answer.statusCode(), is(504));
        assertThat(late, is(lessThan(0.5)));
        assertThat(oracle.seen(), is(empty()));
        assertThat(stats(dispatcher).at("/expired_request_counter").asInt(), is(1));
    }

    @Test
    void request_without_deadline_lives_as_long_as_the_dispatcher_lets_it() throws Exception {
        OracleUpstream oracle = holding();
        start(settings(oracle).maxLifetime(Duration.ofMillis(500)).limit("foo", header("Foo"), BAR, 0));
        RequestMessage request = message("/", null, 50, "Foo", "bar");
        bus.push(QUEUE, request);
        assertThat(bus.answer(request).statusCode(), is(504));
    }

    @Test
    void call_of_a_client_that_left_is_aborted_and_its_slot_is_free() throws Exception {
        OracleUpstream oracle = holding();
        start(settings(oracle).limit("foo", header("Foo"), BAR, 1));
        RequestMessage left = push("/left", "Foo", "bar");
        await().until(() -> oracle.now() == 1);
        push("/next", "Foo", "bar");
        await().until(() -> bus.waiting() == 1);
        cancel(left);
        await().atMost(Duration.ofSeconds(2)).until(() -> targets(oracle).contains("/next"));
        assertThat(bus.list(left.extra().responseKey()), is(empty()));
    }

    @Test
    void waiting_request_of_a_client_that_left_never_runs() throws Exception {
        OracleUpstream oracle = holding();
        start(settings(oracle).limit("foo", header("Foo"), BAR, 1));
        push("/first", "Foo", "bar");
        await().until(() -> oracle.now() == 1);
        RequestMessage left = push("/left", "Foo", "bar");
        await().until(() -> bus.waiting() == 1);
        cancel(left);
        RequestMessage last = push("/last", "Foo", "bar");
        go.countDown();
        assertThat(bus.answer(last).statusCode(), is(200));
        assertThat(targets(oracle), contains("/first", "/last"));
    }

    @Test
    void request_whose_client_left_before_it_was_taken_never_runs() throws Exception {
        OracleUpstream oracle = taking(1);
        RequestMessage left = push("/left", "Foo", "bar");
        cancel(left);
        start(settings(oracle));
        RequestMessage next = push("/next", "Foo", "bar");
        assertThat(bus.answer(next).statusCode(), is(200));
        await().until(() -> bus.claimed().isEmpty());
        assertThat(targets(oracle), contains("/next"));
    }

    @Test
    void killed_dispatcher_frees_its_slots_within_its_lease_and_a_second() throws Exception {
        OracleUpstream oracle = holding();
        DispatcherProcess process = process(oracle, 1);
        RequestMessage lost = message("POST", "/lost", Messages.now() + 60, 50, raw("x"), "Foo", "bar");
        bus.push(QUEUE, lost);
        await().until(() -> oracle.now() == 1);
        start(settings(oracle).limit("foo", header("Foo"), BAR, 1));
        push("/next", "Foo", "bar");
        await().until(() -> bus.waiting() == 1);
        process.kill();
        long begin = System.nanoTime();
        await().atMost(Duration.ofSeconds(20)).until(() -> targets(oracle).contains("/next"));
        assertThat(Duration.ofNanos(System.nanoTime() - begin), is(lessThan(Lease.LENGTH.plus(Duration.ofSeconds(1)))));
        assertThat(bus.answer(lost).headers().first("Thr-Outcome"), is("unknown"));
    }

    @Test
    void paused_dispatcher_ends_its_calls_before_anything_else() throws Exception {
        OracleUpstream oracle = holding();
        DispatcherProcess process = process(oracle, 1);
        RequestMessage get = push("/get", "Foo", "bar");
        await().until(() -> oracle.now() == 1);
        process.signal("STOP");
        start(settings(oracle).limit("foo", header("Foo"), BAR, 1));
        // The other one runs it again: it may be repeated, and its slot is free when the lease is over
        await().atMost(Duration.ofSeconds(20)).until(() -> oracle.seen().size() == 2);
        process.signal("CONT");
        await().atMost(Duration.ofSeconds(10)).until(() -> process.err().contains("its call was aborted"));
        go.countDown();
        ResponseMessage answer = bus.answer(get);
        assertThat(answer.statusCode(), is(200));
        assertThat(answer.extra().attempt(), is(2));
        answered(push(3, "Foo", "bar"));
        assertThat(bus.list(get.extra().responseKey()), is(empty()));
        assertThat(targets(oracle), contains("/get", "/get", "/", "/", "/"));
        await().until(() -> bus.claimed().isEmpty());
    }

    @Test
    void changed_file_takes_effect_within_a_second() throws Exception {
        OracleUpstream oracle = holding();
        Path file = directory.resolve("watched.yaml");
        Files.writeString(file, yaml(oracle, 0));
        DispatcherProcess process =
                DispatcherProcess.start(directory, List.of("--config", file.toString(), "--stats-frequency-ms", "0"));
        toClose.add(process);
        process.awaitStarted();
        push("/", "Foo", "bar");
        await().until(() -> bus.waiting() == 1);
        Files.writeString(file, yaml(oracle, 1));
        long begin = System.nanoTime();
        await().until(() -> oracle.now() == 1);
        assertThat(millisSince(begin), is(lessThan(2_000L)));
    }

    @Test
    void hash_that_throws_stops_nothing() throws Exception {
        OracleUpstream oracle = taking(1);
        RequestHash broken = request -> {
            throw new IllegalStateException("broken");
        };
        start(settings(oracle).limit("broken", broken, BAR, 1).fairBy(broken));
        answered(push(20, "Foo", "bar"));
        assertThat(oracle.seen(), hasSize(20));
    }

    @Test
    void stopped_dispatcher_leaves_those_that_wait_to_the_next() throws Exception {
        OracleUpstream oracle = holding();
        Dispatcher first = start(settings(oracle).limit("foo", header("Foo"), BAR, 1));
        RequestMessage running = push("/0", "Foo", "bar");
        await().until(() -> oracle.now() == 1);
        List<RequestMessage> waiting = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            waiting.add(push("/" + i, "Foo", "bar"));
            int count = i;
            await().until(() -> bus.waiting() == count);
        }
        Thread stopping = new Thread(first::close);
        stopping.start();
        await().until(() -> stats(first).at("/stopping_mode").asInt() == StoppingMode.FINISHING.number());
        go.countDown();
        stopping.join(10_000);
        assertThat(bus.answer(running).statusCode(), is(200));
        assertThat(bus.waiting(), is(5L));

        start(settings(oracle).limit("foo", header("Foo"), BAR, 1));
        answered(waiting);
        assertThat(targets(oracle), contains("/0", "/1", "/2", "/3", "/4", "/5"));
        assertThat(oracle.most(), is(1));
    }

    @Test
    void stats_show_the_limits_of_the_whole_bus() throws Exception {
        OracleUpstream oracle = holding();
        DispatcherSettings.Builder settings = settings(oracle)
                .limit("foo", header("Foo"), BAR, 2)
                .limit("tenant", header("X-Tenant"), dynamic(), 1)
                .limit(new MaxLimit("hidden", header("Foo"), BAR, 7, false));
        Dispatcher other = start(settings);
        push(2, "Foo", "bar");
        await().until(() -> oracle.now() == 2);
        Dispatcher dispatcher = start(settings);
        push(3, "Foo", "bar");
        push(2, "X-Tenant", "a");
        push(1, "X-Tenant", "b");
        await().until(() -> oracle.now() == 4 && bus.waiting() == 4);

        await().until(() -> stats(dispatcher).at("/blocked_requests").asInt() == 4);
        JsonNode counters = stats(dispatcher).at("/counters");
        List<String> names = new ArrayList<>();
        counters.fieldNames().forEachRemaining(names::add);
        assertThat(
                names,
                contains(
                        "foo_limit",
                        "foo_value",
                        "foo_blocks",
                        "foo_queue",
                        "tenant_limit",
                        "tenant_globalvalue",
                        "tenant_globalblocks",
                        "tenant_globalqueue"));
        assertThat(counters.at("/foo_limit").asInt(), is(2));
        assertThat(counters.at("/foo_value").asInt(), is(2));
        assertThat(counters.at("/foo_queue").asInt(), is(3));
        assertThat(counters.at("/tenant_limit").asInt(), is(1));
        assertThat(counters.at("/tenant_globalvalue").asInt(), is(2));
        assertThat(counters.at("/tenant_globalqueue").asInt(), is(1));
        // Each tells what it has seen blocked itself
        JsonNode others = stats(other).at("/counters");
        assertThat(counters.at("/foo_blocks").asInt() + others.at("/foo_blocks").asInt(), is(3));
        assertThat(
                counters.at("/tenant_globalblocks").asInt()
                        + others.at("/tenant_globalblocks").asInt(),
                is(1));
    }

    @Test
    void names_that_would_mean_something_in_redis_mean_nothing() throws Exception {
        OracleUpstream oracle = taking(1);
        start(settings(oracle).limit("tenant", header("X-Tenant"), dynamic(), 1).fairBy(header("X-Tenant")));
        List<RequestMessage> requests = new ArrayList<>();
        for (String hostile :
                List.of("x".repeat(5_000), "==", "a==b", "~", "{b}:", "thr:{thr}:counts", "é\u0085", "%s", "\t")) {
            requests.addAll(push(3, "X-Tenant", hostile));
        }
        answered(requests);
        await().until(() -> bus.claimed().isEmpty());
        assertThat(bus.waiting(), is(0L));
    }

    @Test
    void no_key_is_left_when_all_has_run() throws Exception {
        OracleUpstream oracle = taking(1);
        Dispatcher dispatcher = start(settings(oracle)
                .limit("foo", header("Foo"), BAR, 2)
                .limit("tenant", header("X-Tenant"), dynamic(), 1)
                .fairBy(header("X-Tenant").withDefault("none")));
        List<RequestMessage> requests = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            requests.add(push("/" + i, "Foo", i % 3 == 0 ? "bar" : "other", "X-Tenant", "t" + i % 7));
        }
        answered(requests);
        await().until(() -> bus.claimed().isEmpty());
        Set<String> standing =
                Set.of("thr:{thr}:members", "thr:{thr}:limits", "thr:{thr}:report:" + dispatcher.member());
        assertThat(
                bus.state().keys().stream()
                        .filter(key -> !standing.contains(key))
                        .toList(),
                is(empty()));
        dispatcher.close();
    }

    @Test
    void slots_are_used_by_the_next_right_away() throws Exception {
        OracleUpstream oracle = taking(50);
        start(settings(oracle).limit("foo", header("Foo"), BAR, 4));
        long begin = System.nanoTime();
        answered(push(80, "Foo", "bar"));
        long millis = millisSince(begin);
        System.out.println("20 rounds of 50 ms took " + millis + " ms");
        assertThat(oracle.most(), is(4));
        assertThat(millis, is(greaterThan(999L)));
    }

    private static JsonNode stats(Dispatcher dispatcher) throws Exception {
        return new ObjectMapper().readTree(dispatcher.stats());
    }

    private static List<String> targets(OracleUpstream oracle) {
        return oracle.seen().stream().map(OracleUpstream.Seen::target).toList();
    }

    private static long millisSince(long beginNanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos);
    }

    private void answered(List<RequestMessage> requests) {
        for (RequestMessage request : requests) {
            assertThat(bus.answer(request).statusCode(), is(equalTo(200)));
        }
    }

    private void cancel(RequestMessage request) throws Exception {
        try (Redis connection = Redis.connect(redis.url(), "front")) {
            new RequestCancel(connection, new RedisKeys("thr"))
                    .cancel(request.extra().requestId(), request.extra().responseKey(), Duration.ofSeconds(60))
                    .get(5, TimeUnit.SECONDS);
        }
    }

    private List<RequestMessage> push(int count, String... fields) {
        return Stream.generate(() -> push("/", fields)).limit(count).toList();
    }

    private RequestMessage push(String target, String... fields) {
        RequestMessage request = message(target, Messages.now() + 60, 50, fields);
        bus.push(QUEUE, request);
        return request;
    }

    private static RequestMessage message(String target, @Nullable Double deadline, int priority, String... fields) {
        return message("GET", target, deadline, priority, NO_BODY, fields);
    }

    private static RequestMessage message(
            String method, String target, @Nullable Double deadline, int priority, byte[] body, String... fields) {
        String id = Messages.id();
        RequestExtra extra =
                new RequestExtra(RedisKeys.response(id), priority, Messages.now(), id, deadline, 1, null, null);
        return Messages.message(method, target, Headers.of(fields), body, extra);
    }

    /** Answers after so long. */
    private OracleUpstream taking(long millis) throws Exception {
        return oracle(request -> {
            Thread.sleep(millis);
            return response(200, "ok");
        });
    }

    /** Answers when the test says go. */
    private OracleUpstream holding() throws Exception {
        return oracle(request -> {
            go.await();
            return response(200, "ok");
        });
    }

    private OracleUpstream oracle(OracleUpstream.Handler handler) throws Exception {
        OracleUpstream oracle = OracleUpstream.start(handler);
        toClose.add(oracle);
        return oracle;
    }

    /** A dispatcher with that maximum for {@code Foo: bar}. */
    private DispatcherProcess process(OracleUpstream oracle, int max) throws Exception {
        DispatcherProcess process = DispatcherProcess.serving(directory, yaml(oracle, max));
        toClose.add(process);
        return process;
    }

    private static String yaml(OracleUpstream oracle, int max) {
        return """
                redis: %s
                queues:
                  - queue: %s
                    http_host: 127.0.0.1
                    http_port: %d
                limits:
                  - { name: foo, hash: { header: Foo }, value: bar, max: %d }
                """.formatted(redis.url(), QUEUE, oracle.port(), max);
    }

    private static DispatcherSettings.Builder settings(OracleUpstream oracle) {
        return settings(oracle, QUEUE);
    }

    private static DispatcherSettings.Builder settings(OracleUpstream oracle, String queue) {
        return DispatcherSettings.builder()
                .redis(redis.url())
                .timeout(Duration.ofSeconds(20))
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(queue, "127.0.0.1", oracle.port()));
    }

    private Dispatcher start(DispatcherSettings.Builder settings) {
        Dispatcher dispatcher = Dispatcher.start(settings.build());
        // Before the oracle, which would end its requests with an error
        toClose.add(0, dispatcher);
        return dispatcher;
    }
}
