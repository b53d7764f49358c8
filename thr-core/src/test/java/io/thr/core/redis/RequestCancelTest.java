package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.nullValue;

import io.thr.core.BesideOthers;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.Flow;
import io.thr.core.schedule.Outcome;
import io.thr.core.schedule.Scheduled;
import io.thr.core.schedule.Ticket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@BesideOthers
class RequestCancelTest {

    private static final RedisKeys KEYS = new RedisKeys("test");
    private static final String QUEUE = "thr:queue:hello";
    private static final String RESPONSE_KEY = RedisKeys.response("front");
    private static final Duration WITHIN = Duration.ofSeconds(30);
    private static final Map<String, Integer> ONE_AT_A_TIME = Map.of("one", 1);

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private Redis redis;
    private RedisState state;
    private RedisScheduler member;
    private ClaimReader reader;
    private RequestCancel cancel;

    @BeforeEach
    void connect() throws Exception {
        redis = Redis.connect(server.url(), "test");
        state = server.state();
        member = new RedisScheduler(redis, KEYS, "me", List.of(QUEUE));
        member.renew(Duration.ofSeconds(60)).get();
        reader = member.reader(List.of(QUEUE), 1000);
        cancel = new RequestCancel(redis, KEYS);
    }

    @AfterEach
    void close() {
        reader.close();
        redis.close();
        state.close();
    }

    private void offer(String requestId) {
        new RequestQueue(redis, KEYS, 100)
                .offer(QUEUE, requestId.getBytes(StandardCharsets.UTF_8))
                .join();
    }

    private Claim take() {
        return reader.take(1).get(0);
    }

    /** Offers and schedules it; one of these counters' requests runs at a time. */
    private Claim schedule(String requestId, int want, String... counters) {
        offer(requestId);
        Claim claim = take();
        scheduled(claim, want, counters);
        return claim;
    }

    private Scheduled scheduled(Claim claim, int want, String... counters) {
        String request = RequestCancel.requestName(new String(claim.message(), StandardCharsets.UTF_8), RESPONSE_KEY);
        Ticket ticket = new Ticket(claim, request, new Flow(QUEUE, List.of(), List.of(counters)), 0, 0, 0);
        return member.schedule(List.of(QUEUE), List.of(ticket), want, ONE_AT_A_TIME)
                .join();
    }

    private void cancel(String requestId) {
        cancel.cancel(requestId, RESPONSE_KEY, WITHIN).join();
    }

    @Test
    void waiting_request_leaves_nothing_behind() {
        schedule("a", 1, "one");
        SortedMap<String, Object> before = state.all();
        schedule("b", 0, "one");

        cancel("b");

        assertThat(state.all(), is(before));
    }

    @Test
    void running_request_is_named_to_its_member() throws Exception {
        Claim running = schedule("a", 1, "one");
        Queue<String> told = new ConcurrentLinkedQueue<>();

        cancel("a");

        assertThat(state.content(KEYS.words("me")), is(List.of(running.id())));
        assertThat((Long) state.command("TTL", KEYS.words("me")), is(allOf(greaterThan(0L), lessThanOrEqualTo(60L))));
        try (AutoCloseable listening = member.words(told::add, () -> {})) {
            await().until(() -> !told.isEmpty());
            assertThat(told, contains(running.id()));
        }
    }

    @Test
    void request_still_on_its_list_is_not_begun() {
        offer("a");

        cancel("a");
        Scheduled scheduled = scheduled(take(), 1, "one");

        assertThat(scheduled.outcomes().get(0), is(instanceOf(Outcome.Cancelled.class)));
        assertThat(state.content(KEYS.counts()), is(nullValue()));
    }

    @Test
    void request_of_another_front_with_the_same_id_is_not_touched() {
        schedule("a", 0, "one");
        SortedMap<String, Object> before = state.all();

        cancel.cancel("a", RedisKeys.response("other"), Duration.ZERO).join();
        state.command("DEL", KEYS.cancelled());

        assertThat(state.all(), is(before));
    }

    @Test
    void what_the_dropped_request_kept_from_running_is_woken() {
        Claim first = schedule("a", 1, "one");
        schedule("b", 0, "one");
        schedule("c", 0, "one", "own==c");
        // the slot is offered to b, which leaves before anybody takes it
        member.finish(List.of(QUEUE), List.of(new Ending(first, new Ending.Drop())), 0, WITHIN)
                .join();
        state.command("DEL", KEYS.runnable(QUEUE));

        cancel("b");

        assertThat(state.content(KEYS.runnable(QUEUE)), is(List.of("1")));
        Scheduled granted = member.finish(List.of(QUEUE), List.of(), 1, WITHIN).join();
        assertThat(new String(granted.granted().get(0).message(), StandardCharsets.UTF_8), is("c"));
    }

    @Test
    void notes_that_mean_nothing_any_more_go_with_the_next() {
        state.command("ZADD", KEYS.cancelled(), 1000, "old");

        cancel("a");

        assertThat(
                state.command("ZRANGE", KEYS.cancelled(), 0, -1),
                is(List.of(RequestCancel.requestName("a", RESPONSE_KEY))));
    }

    @Test
    void server_that_refuses_or_is_away_does_not_matter() {
        state.command("SET", KEYS.requests(), "not a hash");
        cancel("a");

        server.stop();
        cancel("b");
    }
}
