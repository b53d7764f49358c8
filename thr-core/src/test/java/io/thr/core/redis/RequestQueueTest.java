package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.closeTo;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.BesideOthers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@BesideOthers
class RequestQueueTest {

    private static final RedisKeys KEYS = new RedisKeys("test");
    private static final String QUEUE = "thr:queue:hello";

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private Redis redis;
    private RedisState state;

    @BeforeEach
    void connect() {
        redis = Redis.connect(server.url(), "test");
        state = server.state();
    }

    @AfterEach
    void close() {
        redis.close();
        state.close();
    }

    private RequestQueue queue(int maxLength) {
        return new RequestQueue(redis, KEYS, maxLength);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private long length() {
        return Long.parseLong(String.valueOf(state.command("LLEN", QUEUE)));
    }

    @Test
    void full_queue_refuses_what_comes_and_keeps_what_is_there() {
        RequestQueue queue = queue(2);

        assertThat(queue.offer(QUEUE, bytes("a")).join(), is(new Offer.Queued(1)));
        assertThat(queue.offer(QUEUE, bytes("b")).join(), is(new Offer.Queued(2)));
        assertThat(queue.offer(QUEUE, bytes("c")).join(), is(new Offer.Full(2, 0)));

        assertThat(state.all(), is(Map.of(QUEUE, List.of("b", "a"))));
    }

    @Test
    void queue_with_room_costs_one_command_a_message() {
        RequestQueue queue = queue(100);
        state.command("CONFIG", "RESETSTAT");

        for (int i = 0; i < 100; i++) {
            queue.offer(QUEUE, bytes("m" + i)).join();
        }

        Map<String, Long> calls = state.commandCalls();
        assertThat(calls.get("lpush"), is(100L));
        assertThat(calls.containsKey("lrem") || calls.containsKey("hget"), is(false));
    }

    @Test
    void refusal_tells_how_fast_the_queue_drains() {
        state.command("HSET", KEYS.drained(), QUEUE, "2.500 1700000000000 17");
        state.command("RPUSH", QUEUE, "a", "b", "c", "d", "e", "f");

        Offer.Full refused = (Offer.Full) queue(6).offer(QUEUE, bytes("g")).join();

        assertThat(refused, is(new Offer.Full(6, 2.5)));
        assertThat(refused.retryAfter(), is(Duration.ofSeconds(3)));
    }

    @Test
    void time_to_try_again_is_between_a_second_and_an_hour() {
        assertThat(new Offer.Full(10_000, 1_000_000).retryAfter(), is(Duration.ofSeconds(1)));
        assertThat(new Offer.Full(10_000, 0.001).retryAfter(), is(Duration.ofHours(1)));
        assertThat(new Offer.Full(10_000, 100).retryAfter(), is(Duration.ofSeconds(100)));
        assertThat(new Offer.Full(10_000, 0).retryAfter(), is(Duration.ofSeconds(10)));
    }

    @Test
    void message_offered_again_is_not_refused() {
        state.command("RPUSH", QUEUE, "a", "b");

        Offer offer =
                queue(1).offerAgain(QUEUE, bytes("c"), Duration.ofSeconds(1)).join();

        assertThat(offer, is(new Offer.Queued(3)));
    }

    @Test
    void message_that_could_not_be_taken_back_may_be_queued() {
        state.command("ACL", "SETUSER", "thr", "on", ">p", "~*", "+@all", "-lrem");
        try (Redis limited = Redis.connect(RedisUrl.parse("redis://thr:p@127.0.0.1:" + server.port()), "test")) {
            state.command("RPUSH", QUEUE, "a");

            RequestQueue queue = new RequestQueue(limited, KEYS, 1);

            CompletionException failure = assertThrows(
                    CompletionException.class,
                    () -> queue.offer(QUEUE, bytes("b")).join());

            assertThat(
                    failure.getCause() instanceof RedisUnavailableException unavailable && unavailable.maybeDone(),
                    is(true));
        }
        state.command("ACL", "DELUSER", "thr");
    }

    @Test
    void bound_holds_for_many_at_once_and_nothing_is_lost_or_double() throws Exception {
        int clients = 16;
        int each = 300;
        int bound = 20;
        RequestQueue queue = queue(bound);
        Queue<String> accepted = new ConcurrentLinkedQueue<>();
        Queue<String> refused = new ConcurrentLinkedQueue<>();
        Queue<String> taken = new ConcurrentLinkedQueue<>();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(clients + 1);
        try (RedisState takers = server.state()) {
            CompletableFuture<Void> taking = CompletableFuture.runAsync(
                    () -> {
                        while (!done.get()) {
                            if (takers.command("RPOP", QUEUE) instanceof String message) {
                                taken.add(message);
                            }
                        }
                    },
                    threads);
            List<CompletableFuture<Void>> offering = new ArrayList<>();
            for (int c = 0; c < clients; c++) {
                int client = c;
                offering.add(CompletableFuture.runAsync(
                        () -> {
                            for (int i = 0; i < each; i++) {
                                String message = client + "." + i;
                                Offer offer = queue.offer(QUEUE, bytes(message)).join();
                                (offer instanceof Offer.Full ? refused : accepted).add(message);
                            }
                        },
                        threads));
            }
            offering.forEach(CompletableFuture::join);
            done.set(true);
            taking.get(10, TimeUnit.SECONDS);
        } finally {
            threads.shutdownNow();
        }
        long left = length();
        while (state.command("RPOP", QUEUE) instanceof String message) {
            taken.add(message);
        }

        assertThat(left, is(lessThanOrEqualTo((long) bound)));
        assertThat(accepted.size() + refused.size(), is(clients * each));
        assertThat("refused", refused.size(), is(greaterThan(0)));
        assertThat(taken, containsInAnyOrder(accepted.toArray()));
    }

    @Test
    void told_time_is_that_in_which_the_queue_drains() throws Exception {
        int perSecond = 40;
        for (int i = 0; i < 5 * perSecond; i++) {
            state.command("LPUSH", QUEUE, "m" + i);
        }
        RedisScheduler member = new RedisScheduler(redis, KEYS, "me", List.of(QUEUE));
        member.renew(Duration.ofSeconds(60)).get();
        ScheduledExecutorService steady = Executors.newSingleThreadScheduledExecutor();
        try (ClaimReader reader = member.reader(List.of(QUEUE), 1000)) {
            var unused =
                    steady.scheduleAtFixedRate(() -> reader.take(1), 0, 1_000_000 / perSecond, TimeUnit.MICROSECONDS);
            await().until(() ->
                    state.command("HGET", KEYS.drained(), QUEUE) instanceof String rate && !rate.startsWith("0.000 "));

            Offer offer = queue(1).offer(QUEUE, bytes("refused")).get();
            long asked = System.nanoTime();
            await().pollInterval(Duration.ofMillis(10)).until(() -> length() == 0);
            double seconds = (System.nanoTime() - asked) / 1e9;

            assertThat(offer, is(instanceOf(Offer.Full.class)));
            Offer.Full refused = (Offer.Full) offer;
            assertThat(refused.length() / refused.drainPerSecond(), is(closeTo(seconds, 0.2 * seconds)));
            await().until(() -> state.content(KEYS.drained()) == null);
        } finally {
            steady.shutdownNow();
        }
    }
}
