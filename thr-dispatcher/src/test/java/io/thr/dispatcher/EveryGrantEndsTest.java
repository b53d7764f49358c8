package io.thr.dispatcher;

import static io.thr.core.OracleUpstream.response;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;

import io.thr.core.OracleUpstream;
import io.thr.core.message.RequestMessage;
import io.thr.core.redis.BodyStore;
import io.thr.core.redis.BusReader;
import io.thr.core.redis.ClaimReader;
import io.thr.core.redis.FaultyProxy;
import io.thr.core.redis.FrameInbox;
import io.thr.core.redis.FrameLists;
import io.thr.core.redis.LiveLimits;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisScheduler;
import io.thr.core.redis.RedisServer;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.Flow;
import io.thr.core.schedule.LostSlots;
import io.thr.core.schedule.Outcome;
import io.thr.core.schedule.Ticket;
import io.thr.core.trace.Tracing;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.dispatcher.upstream.Upstreams;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whatever goes wrong with a request that was granted, its slots are given back, here and in Redis. */
class EveryGrantEndsTest {

    private static final String QUEUE = "thr:queue:hello";
    private static final Duration LEASE = Duration.ofSeconds(60);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final Map<String, Integer> ONE = Map.of("one", 1);
    private static final int SLOTS = 10;
    private static final byte[] NO_BODY = {};

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private final List<AutoCloseable> toClose = new ArrayList<>();
    private final InstantSource clock = InstantSource.system();
    private final InstantSource brokenClock = () -> {
        throw new IllegalStateException("no time");
    };
    private final CountDownLatch go = new CountDownLatch(1);
    private final Running running = new Running();
    private FaultyProxy proxy;
    private TestBus front;
    private OracleUpstream oracle;
    private Bus bus;
    private Route route;
    private RedisScheduler scheduler;

    @BeforeEach
    void connect() throws Exception {
        front = opened(new TestBus(server));
        proxy = opened(FaultyProxy.before(server));
        oracle = opened(OracleUpstream.start(request -> {
            if (request.target().equals("/held")) {
                go.await();
            }
            return response(200, request.target());
        }));
        Redis redis = opened(Redis.connect(proxy.url(), "grants test"));
        RedisKeys keys = new RedisKeys("thr");
        scheduler = new RedisScheduler(redis, keys, "me", List.of(QUEUE));
        scheduler.renew(LEASE).get();
        bus = new Bus(
                redis,
                scheduler,
                new LiveLimits(redis, keys),
                new BodyStore(redis, keys),
                new FrameLists(redis, keys),
                opened(new FrameInbox(redis, keys)),
                new Lease(System::nanoTime, clock),
                "redis",
                new AtomicLong(),
                keys,
                new BusReader(redis, keys));
        QueueSettings settings = QueueSettings.of(QUEUE, "127.0.0.1", oracle.port());
        Upstreams upstreams = opened(Upstreams.start(SLOTS, 1 << 20, clock));
        route = new Route(
                settings,
                bus,
                upstreams.upstream(settings.upstream(), TIMEOUT, SLOTS),
                settings.upstream().servers().get(0).address(),
                new Slots(SLOTS),
                new RouteMeters());
    }

    @AfterEach
    void close() throws Exception {
        go.countDown();
        for (AutoCloseable one : toClose) {
            one.close();
        }
    }

    private <T extends AutoCloseable> T opened(T one) {
        toClose.add(0, one);
        return one;
    }

    private Answering answering(InstantSource itsClock) {
        return new Answering(
                "me",
                TIMEOUT,
                1 << 20,
                itsClock,
                new ResponseStreams(TIMEOUT),
                running,
                new Counters(),
                AccessLog.NONE,
                (queue, message) -> List.of());
    }

    private Admission admission() {
        return new Admission(TIMEOUT, () -> 3, clock);
    }

    private Launcher launcher(InstantSource itsClock, Answering answering) {
        Forwarder forwarder = new Forwarder(answering, clock, false, TIMEOUT, Tracing.NONE);
        return new Launcher(admission(), forwarder, answering, running, itsClock);
    }

    private Finisher finisher(Launcher launcher) {
        return new Finisher(route, launcher, clock);
    }

    private Finisher finisher() {
        return finisher(launcher(clock, answering(clock)));
    }

    private Claim claim(RequestMessage message) {
        front.push(QUEUE, message);
        try (ClaimReader reader = scheduler.reader(List.of(QUEUE), 1000)) {
            List<Claim> claims = new ArrayList<>();
            await().pollInSameThread().until(() -> {
                claims.addAll(reader.take(1));
                return !claims.isEmpty();
            });
            return claims.get(0);
        }
    }

    private Outcome schedule(Claim claim, int want) throws Exception {
        Ticket ticket = new Ticket(claim, claim.id(), new Flow(QUEUE, List.of(), List.of("one")), 0, 0, 0);
        return scheduler
                .schedule(List.of(QUEUE), List.of(ticket), want, ONE)
                .get()
                .outcomes()
                .get(0);
    }

    /** A claim that holds the one slot there is. */
    private Claim granted(RequestMessage message) throws Exception {
        Claim claim = claim(message);
        assertThat(schedule(claim, 1), is(new Outcome.Runs()));
        return claim;
    }

    private void launch(Launcher launcher, Claim claim) {
        int slots = route.slots().tryAcquireUpTo(1);
        launcher.launch(finisher(launcher), List.of(claim), slots);
    }

    private void awaitAllSlotsFree() {
        await().untilAsserted(() -> {
            assertThat(front.state().content(new RedisKeys("thr").counts()), is(nullValue()));
            assertThat(front.claimed(), is(empty()));
            int free = route.slots().tryAcquireUpTo(2 * SLOTS);
            route.slots().release(free);
            assertThat(free, is(SLOTS));
            assertThat(running.size(), is(0));
        });
    }

    private void loseLease() throws Exception {
        front.state().command("ZADD", new RedisKeys("thr").members(), 1, "me");
        assertThat(scheduler.renew(LEASE).get().held(), is(false));
    }

    @Test
    void request_that_cannot_be_begun_gives_its_slots_back() throws Exception {
        Claim claim = granted(Messages.ours("GET", "/", NO_BODY));

        launch(launcher(brokenClock, answering(clock)), claim);

        awaitAllSlotsFree();
    }

    @Test
    void request_that_can_neither_be_answered_nor_refused_gives_its_slots_back() throws Exception {
        Claim claim = granted(Messages.ours("GET", "/", NO_BODY));

        launch(launcher(clock, answering(brokenClock)), claim);

        awaitAllSlotsFree();
        assertThat(oracle.seen(), hasSize(1));
    }

    @Test
    void request_that_is_not_to_run_and_cannot_be_refused_gives_its_slots_back() throws Exception {
        Claim claim = granted(Messages.ours("GET", "/%x", NO_BODY));

        launch(launcher(clock, answering(brokenClock)), claim);

        awaitAllSlotsFree();
    }

    @Test
    void request_that_can_neither_run_nor_go_back_to_its_queue_gives_its_slots_back() throws Exception {
        Claim claim = granted(Messages.ours("GET", "/", NO_BODY));
        front.state().command("SET", QUEUE, "of another kind");
        try {
            Launcher launcher = launcher(clock, answering(clock));
            int all = route.slots().tryAcquireUpTo(SLOTS);
            launcher.launch(finisher(launcher), List.of(claim), 0);
            await().until(() -> front.claimed().isEmpty());
            route.slots().release(all);
        } finally {
            front.state().command("DEL", QUEUE);
        }

        awaitAllSlotsFree();
    }

    @Test
    void grant_that_comes_while_the_last_words_of_a_lost_lease_are_refused_is_begun() throws Exception {
        Claim old = granted(Messages.ours("GET", "/old", NO_BODY));
        loseLease();
        var drop = new Ending.Drop();
        Finisher finisher = finisher();
        Claim now = claim(Messages.ours("GET", "/now", NO_BODY));
        // as if another had taken it over and ended it
        front.state().command("HDEL", new RedisKeys("thr").claimed("me"), old.id());
        front.state().command("DEL", new RedisKeys("thr").counts(), new RedisKeys("thr").tickets());
        assertThat(schedule(now, 1), is(new Outcome.Runs()));
        RequestMessage next = Messages.ours("GET", "/next", NO_BODY);
        assertThat(schedule(claim(next), 0), is(new Outcome.Waits("one")));
        front.state().command("SET", "wrong", "of another kind");
        // it comes with the end of what runs now, and is for the next
        assertThat(route.slots().tryAcquireUpTo(1), is(1));
        // two calls are under way, so that what comes then goes together
        proxy.delay(Duration.ofMillis(50));
        List<CompletableFuture<Void>> said = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Claim other = new Claim("other." + i, "me~1", QUEUE, NO_BODY, Claim.Origin.QUEUE, "", 0);
            said.add(finisher.end(new Ending(other, drop), TIMEOUT, false));
        }
        said.add(finisher.end(new Ending(now, drop), TIMEOUT, true));
        CompletableFuture<Void> refused =
                finisher.end(new Ending(old, new Ending.Answer("wrong", NO_BODY, TIMEOUT)), TIMEOUT, false);
        proxy.delay(Duration.ZERO);

        assertThat(front.answer(next).statusCode(), is(200));
        await().until(refused::isCompletedExceptionally);
        said.forEach(CompletableFuture::join);
        awaitAllSlotsFree();
    }

    @Test
    void second_of_two_runs_where_the_first_is_given_back() throws Exception {
        RequestMessage message = Messages.ours("GET", "/held", NO_BODY);
        Launcher launcher = launcher(clock, answering(clock));
        launch(launcher, granted(message));
        await().until(() -> oracle.now() == 1);
        loseLease();
        Claim again = claim(message);
        scheduler.takeOver(10, LostSlots.RELEASE).get().forEach(claim -> {
            var unused = scheduler
                    .finish(List.of(QUEUE), List.of(new Ending(claim, new Ending.Drop())), 0, TIMEOUT)
                    .join();
        });
        assertThat(schedule(again, 1), is(new Outcome.Runs()));
        launch(launcher, again);

        running.abortAll(bus);
        go.countDown();

        assertThat(front.answer(message).statusCode(), is(200));
        awaitAllSlotsFree();
    }

    @Test
    void second_of_two_is_dropped_where_the_first_is_answered() throws Exception {
        RequestMessage message = Messages.ours("GET", "/held", NO_BODY);
        Launcher launcher = launcher(clock, answering(clock));
        Claim first = claim(message);
        Claim second = claim(message);
        launch(launcher, first);
        await().until(() -> oracle.now() == 1);
        launch(launcher, second);

        go.countDown();

        assertThat(front.answer(message).statusCode(), is(200));
        awaitAllSlotsFree();
        assertThat(oracle.seen(), hasSize(1));
    }

    @Test
    void what_was_granted_under_a_lost_lease_is_not_sent() throws Exception {
        Claim claim = granted(Messages.ours("GET", "/", NO_BODY));
        loseLease();

        launch(launcher(clock, answering(clock)), claim);

        awaitAllSlotsFree();
        assertThat(oracle.seen(), is(empty()));
        assertThat(front.list(QUEUE), hasSize(1));
    }
}
