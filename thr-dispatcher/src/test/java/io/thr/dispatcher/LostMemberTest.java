package io.thr.dispatcher;

import static io.thr.core.OracleUpstream.raw;
import static io.thr.core.OracleUpstream.response;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.nullValue;

import io.thr.core.BesideOthers;
import io.thr.core.OracleUpstream;
import io.thr.core.message.Headers;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.ClaimReader;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisScheduler;
import io.thr.core.redis.RedisServer;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Flow;
import io.thr.core.schedule.Outcome;
import io.thr.core.schedule.Ticket;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of requests whose dispatcher is lost. */
@BesideOthers
class LostMemberTest {

    private static final String QUEUE = "thr:queue:hello";
    private static final byte[] NO_BODY = {};

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    @TempDir
    Path directory;

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
    void requests_of_a_killed_process_are_answered_and_none_runs_twice_that_must_not() throws Exception {
        CountDownLatch killed = new CountDownLatch(1);
        OracleUpstream oracle = oracle(request -> {
            killed.await();
            return response(200, request.target());
        });
        DispatcherProcess first = process(oracle);
        List<RequestMessage> gets = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            gets.add(Messages.ours("GET", "/get" + i, NO_BODY));
        }
        RequestMessage post = Messages.ours("POST", "/post", raw("x"));
        gets.forEach(get -> bus.push(QUEUE, get));
        bus.push(QUEUE, post);
        await().until(() -> oracle.now() == 11);
        first.kill();
        first.status();
        killed.countDown();

        long begin = System.nanoTime();
        Dispatcher second = start(oracle);
        for (RequestMessage get : gets) {
            ResponseMessage answer = bus.answer(get);
            assertThat(answer.statusCode(), is(200));
            assertThat(answer.extra().attempt(), is(2));
            assertThat(answer.extra().dispatcher(), is(second.member()));
        }
        ResponseMessage unknown = bus.answer(post);
        assertThat(Duration.ofNanos(System.nanoTime() - begin), is(lessThan(Lease.LENGTH.plusSeconds(2))));
        assertThat(unknown.statusCode(), is(502));
        assertThat(unknown.headers().first("Thr-Outcome"), is("unknown"));
        assertThat(
                oracle.seen().stream()
                        .filter(seen -> seen.target().equals("/post"))
                        .toList(),
                hasSize(1));
        await().until(() -> bus.claimed().isEmpty());
    }

    @Test
    void what_was_taken_and_not_sent_runs_whatever_its_method() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        List<RequestMessage> requests = List.of(
                Messages.ours("POST", "/0", raw("x")),
                Messages.ours("GET", "/1", NO_BODY),
                Messages.ours("PATCH", "/2", raw("x")));
        requests.forEach(request -> bus.push(QUEUE, request));
        loseMemberThatTook(3, false);
        start(oracle);
        for (RequestMessage request : requests) {
            ResponseMessage answer = bus.answer(request);
            assertThat(answer.statusCode(), is(200));
            assertThat(answer.headers().first("Thr-Outcome"), is(nullValue()));
        }
        assertThat(oracle.seen(), hasSize(3));
    }

    @Test
    void what_was_sent_and_must_not_be_repeated_or_had_begun_to_be_answered_does_not_run_again() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        RequestMessage post = Messages.ours("POST", "/post", raw("x"));
        RequestMessage keyed = Messages.message(
                "POST",
                "/keyed",
                Headers.of("Idempotency-Key", "\"1\""),
                raw("x"),
                Messages.extra(Messages.now(), Messages.now() + 60, 1));
        bus.push(QUEUE, post);
        bus.push(QUEUE, keyed);
        loseMemberThatTook(2, true);
        start(oracle);
        assertThat(bus.answer(keyed).headers().first("Thr-Outcome"), is("unknown"));
        assertThat(bus.answer(post).headers().first("Thr-Outcome"), is("unknown"));
        assertThat(oracle.seen(), is(empty()));
    }

    @Test
    void request_that_kills_its_dispatchers_is_given_up() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        RequestMessage request =
                Messages.message("GET", "/", NO_BODY, Messages.extra(Messages.now(), Messages.now() + 60, 3));
        bus.push(QUEUE, request);
        loseMemberThatTook(1, false);
        start(oracle);
        ResponseMessage answer = bus.answer(request);
        assertThat(answer.statusCode(), is(502));
        assertThat(oracle.seen(), is(empty()));
        assertThat(bus.list(RedisKeys.dead(QUEUE)), hasSize(1));
    }

    @Test
    void request_of_a_queue_that_nobody_here_serves_goes_back_to_it() throws Exception {
        bus.push("thr:queue:other", Messages.ours("POST", "/", raw("x")));
        loseMemberThatTook(1, false, "thr:queue:other");
        start(oracle(request -> response(200, "ok")));
        await().until(() -> bus.list("thr:queue:other").size() == 1);
        assertThat(bus.claimed(), is(empty()));
    }

    @Test
    void running_dispatcher_takes_over_within_a_second_of_the_lease() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        RequestMessage request = Messages.ours("POST", "/", raw("x"));
        bus.push("thr:queue:other", request);
        start(settings(oracle, List.of(QUEUE)));
        // Its lease is longer than a beat of the other, so that the reply to a beat tells of it
        Redis connection = connect();
        RedisScheduler lost = new RedisScheduler(connection, new RedisKeys("thr"), "lost", List.of("thr:queue:other"));
        lost.renew(Duration.ofSeconds(5)).get(5, TimeUnit.SECONDS);
        long begin = System.nanoTime();
        take(lost, 1, "thr:queue:other");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> bus.list("thr:queue:other").size() == 1);
        assertThat(Duration.ofNanos(System.nanoTime() - begin), is(lessThan(Duration.ofMillis(6_200))));
    }

    @Test
    void members_lost_one_soon_after_the_other_are_each_taken_over_within_a_second() throws Exception {
        OracleUpstream oracle = oracle(request -> response(200, "ok"));
        start(settings(oracle, List.of(QUEUE)));
        // The beats come at 3.3 and 6.7 s: both leases end between two of them
        List<Duration> leases = List.of(Duration.ofMillis(3_700), Duration.ofMillis(4_500), Duration.ofMillis(5_300));
        List<RedisScheduler> lost = new ArrayList<>();
        long begin = System.nanoTime();
        for (Duration lease : leases) {
            String queue = "thr:queue:lost" + lost.size();
            bus.push(queue, Messages.ours("POST", "/", raw("x")));
            RedisScheduler member =
                    new RedisScheduler(connect(), new RedisKeys("thr"), "lost" + lost.size(), List.of(queue));
            member.renew(lease).get(5, TimeUnit.SECONDS);
            take(member, 1, queue);
            lost.add(member);
        }
        for (int i = 0; i < leases.size(); i++) {
            String queue = "thr:queue:lost" + i;
            await().atMost(Duration.ofSeconds(10)).until(() -> bus.list(queue).size() == 1);
            assertThat(
                    queue,
                    Duration.ofNanos(System.nanoTime() - begin),
                    is(lessThan(leases.get(i).plusMillis(1_200))));
        }
    }

    @Test
    void process_that_wakes_up_after_its_lease_ends_what_must_not_run_twice() throws Exception {
        CountDownLatch awake = new CountDownLatch(1);
        OracleUpstream oracle = oracle(request -> {
            awake.await();
            return response(200, "too late");
        });
        DispatcherProcess paused = process(oracle);
        RequestMessage post = Messages.ours("POST", "/post", raw("x"));
        bus.push(QUEUE, post);
        await().until(() -> oracle.now() == 1);
        paused.signal("STOP");
        start(oracle);
        ResponseMessage unknown = bus.answer(post);
        assertThat(unknown.headers().first("Thr-Outcome"), is("unknown"));
        paused.signal("CONT");
        await().atMost(Duration.ofSeconds(10)).until(() -> paused.err().contains("its call was aborted"));
        awake.countDown();
        assertThat(oracle.seen(), hasSize(1));
        // It is back under a new lease, and works
        bus.push(QUEUE, Messages.ours("GET", "/next", NO_BODY));
        await().until(() -> oracle.seen().size() == 2);
    }

    @Test
    void sigterm_finishes_what_runs_and_ends_with_0() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        OracleUpstream oracle = oracle(request -> {
            go.await();
            return response(200, "ok");
        });
        DispatcherProcess process = process(oracle);
        RequestMessage request = Messages.ours("POST", "/", raw("x"));
        bus.push(QUEUE, request);
        await().until(() -> oracle.now() == 1);
        process.terminate();
        // It takes nothing more: the next request stays where it is
        await().until(() -> connections() <= 5);
        bus.push(QUEUE, Messages.ours("POST", "/next", raw("x")));
        go.countDown();
        assertThat(bus.answer(request).statusCode(), is(200));
        assertThat(process.status(), is(0));
        assertThat(bus.list(QUEUE), hasSize(1));
        assertThat(process.err(), containsString("has stopped"));
        assertThat(bus.state().keys(), hasSize(1));
    }

    @Test
    void second_sigterm_ends_it_at_once() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        toClose.add(never::countDown);
        OracleUpstream oracle = oracle(request -> {
            never.await();
            return NO_BODY;
        });
        DispatcherProcess process = process(oracle);
        bus.push(QUEUE, Messages.ours("POST", "/", raw("x")));
        await().until(() -> oracle.now() == 1);
        process.terminate();
        await().until(() -> {
            process.terminate();
            return !process.isAlive();
        });
        assertThat(process.status(), is(143));
    }

    private long connections() {
        return String.valueOf(bus.state().command("CLIENT", "LIST")).lines().count();
    }

    private void loseMemberThatTook(int claims, boolean sent) throws Exception {
        loseMemberThatTook(claims, sent, QUEUE);
    }

    /** A member that takes and is never heard of again; its lease is a short one. */
    private void loseMemberThatTook(int count, boolean sent, String queue) throws Exception {
        RedisScheduler lost = new RedisScheduler(connect(), new RedisKeys("thr"), "lost", List.of(queue));
        lost.renew(Duration.ofMillis(500)).get(5, TimeUnit.SECONDS);
        List<Claim> claims = take(lost, count, queue);
        assertThat(claims, hasSize(count));
        List<Ticket> tickets = claims.stream()
                .map(claim -> new Ticket(claim, claim.id(), new Flow(queue, List.of(), List.of()), 0, 0, 0))
                .toList();
        assertThat(
                lost.schedule(List.of(queue), tickets, count, Map.of())
                        .get(5, TimeUnit.SECONDS)
                        .outcomes(),
                everyItem(is(instanceOf(Outcome.Runs.class))));
        if (sent) {
            for (Claim claim : claims) {
                assertThat(lost.markSent(claim).get(5, TimeUnit.SECONDS), is(true));
            }
        }
    }

    private Redis connect() {
        Redis connection = Redis.connect(redis.url(), "lost");
        toClose.add(connection);
        return connection;
    }

    private static List<Claim> take(RedisScheduler member, int count, String queue) {
        List<Claim> claims = new ArrayList<>();
        try (ClaimReader reader = member.reader(List.of(queue), 10_000)) {
            await().pollInSameThread().until(() -> {
                claims.addAll(reader.take(count - claims.size()));
                return claims.size() == count;
            });
        }
        return claims;
    }

    private OracleUpstream oracle(OracleUpstream.Handler handler) throws Exception {
        OracleUpstream oracle = OracleUpstream.start(handler);
        toClose.add(oracle);
        return oracle;
    }

    private DispatcherProcess process(OracleUpstream oracle) throws Exception {
        DispatcherProcess process =
                DispatcherProcess.serving(directory, """
                redis: %s
                queues:
                  - queue: %s
                    http_host: 127.0.0.1
                    http_port: %d
                """.formatted(redis.url(), QUEUE, oracle.port()));
        toClose.add(process);
        return process;
    }

    private static DispatcherSettings settings(OracleUpstream oracle, List<String> queues) {
        return DispatcherSettings.builder()
                .redis(redis.url())
                .timeout(Duration.ofSeconds(20))
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(queues.get(0), "127.0.0.1", oracle.port()))
                .build();
    }

    private Dispatcher start(OracleUpstream oracle) {
        return start(settings(oracle, List.of(QUEUE)));
    }

    private Dispatcher start(DispatcherSettings settings) {
        Dispatcher dispatcher = Dispatcher.start(settings);
        toClose.add(0, dispatcher);
        return dispatcher;
    }
}
