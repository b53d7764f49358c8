package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.rate.RateDecision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A server that is away costs the first request at most 50 ms and the next ones nothing, and is used again as soon as it
 * answers. Times are medians of several rounds: one of them may meet a pause of this machine.
 */
class RateOutageTest extends OnOneServer {

    private static final int ROUNDS = 3;

    /** 50, and what this machine takes to notice. */
    private static final long FIRST_MILLIS = 60;

    private FaultyProxy proxy;
    private RedisRateLimiter node;

    RateOutageTest(RedisServer server) {
        super(server);
    }

    @BeforeEach
    void connect() {
        proxy = closedAfter(FaultyProxy.before(server));
        node = closedAfter(RedisRateLimiter.connect(proxy.url(), NAMES, "rate outage test"));
    }

    @AfterEach
    void restore() {
        // before it is looked whether every key expires
        server.start();
    }

    private static long median(List<Long> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    /** What goes wrong, and how it is mended. */
    private interface Fault {
        void begin() throws Exception;

        void end() throws Exception;
    }

    /** Its times in some rounds, each of which begins and ends well. */
    private void isNoticedAndLeftBehind(Fault fault) throws Exception {
        List<Long> first = new ArrayList<>();
        List<Long> next = new ArrayList<>();
        List<Long> back = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            await().until(() -> works(node));
            fault.begin();
            first.add(millisToFail());
            for (int i = 0; i < 200; i++) {
                long since = System.nanoTime();
                assertThat(failure(ask(node)), is(instanceOf(RedisUnavailableException.class)));
                next.add(System.nanoTime() - since);
            }
            fault.end();
            long since = System.nanoTime();
            await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2)).until(() -> works(node));
            back.add(millisSince(since));
        }
        assertThat("first, ms: " + first, median(first), is(lessThanOrEqualTo(FIRST_MILLIS)));
        assertThat("next, ns", median(next), is(lessThanOrEqualTo(1_000_000L)));
        assertThat("back, ms: " + back, median(back), is(lessThanOrEqualTo(1000L)));
    }

    private long millisToFail() {
        long since = System.nanoTime();
        // the fault may begin a moment after a decision
        while (works(node)) {
            since = System.nanoTime();
        }
        return millisSince(since);
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    @Test
    void black_hole_is_noticed_within_50_ms_and_left_behind() throws Exception {
        isNoticedAndLeftBehind(new Fault() {
            @Override
            public void begin() {
                proxy.blackHole();
            }

            @Override
            public void end() {
                proxy.heal();
            }
        });
    }

    @Test
    void refused_connections_are_noticed_within_50_ms_and_left_behind() throws Exception {
        isNoticedAndLeftBehind(new Fault() {
            @Override
            public void begin() {
                proxy.refuse();
            }

            @Override
            public void end() {
                proxy.heal();
            }
        });
    }

    @Test
    void killed_server_is_noticed_within_50_ms_and_used_when_it_is_started_again() throws Exception {
        isNoticedAndLeftBehind(new Fault() {
            @Override
            public void begin() {
                server.kill();
            }

            @Override
            public void end() {
                server.start();
            }
        });
    }

    @Test
    void server_that_stands_still_is_noticed_within_50_ms_and_left_behind() throws Exception {
        isNoticedAndLeftBehind(new Fault() {
            @Override
            public void begin() throws Exception {
                signal("-STOP");
            }

            @Override
            public void end() throws Exception {
                signal("-CONT");
            }
        });
    }

    private void signal(String signal) throws Exception {
        new ProcessBuilder("kill", signal, Long.toString(server.pid())).start().waitFor();
    }

    /** Whatever happens to the server, each decision ends; and in time, but for pauses of this machine. */
    @Test
    void every_decision_ends_while_the_server_comes_and_goes() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        ConcurrentLinkedQueue<Long> millis = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Throwable> others = new ConcurrentLinkedQueue<>();
        AtomicLong stop = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread thread = Redis.daemon(
                    () -> {
                        while (stop.get() == 0) {
                            asked.incrementAndGet();
                            String key = "key " + ThreadLocalRandom.current().nextInt(20);
                            long since = System.nanoTime();
                            node.decide(List.of(charge(ample, key)))
                                    .handle((decision, failure) -> {
                                        ended.incrementAndGet();
                                        millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since));
                                        if (failure != null && !(failure instanceof RedisUnavailableException)) {
                                            others.add(failure);
                                        }
                                        return null;
                                    })
                                    .join();
                            LockSupport.parkNanos(100_000);
                        }
                    },
                    "asking");
            thread.start();
            threads.add(thread);
        }
        List<Runnable> faults =
                List.of(proxy::cut, proxy::blackHole, proxy::refuse, proxy::swallowReplies, proxy::cutNextReply);
        for (int i = 0; i < 10; i++) {
            faults.get(i % faults.size()).run();
            int before = ended.get();
            await().until(() -> ended.get() > before + 100);
            proxy.heal();
            await().until(() -> works(node));
        }
        stop.set(1);
        for (Thread thread : threads) {
            thread.join(10_000);
        }

        assertThat(ended.get(), is(asked.get()));
        assertThat(others.isEmpty(), is(true));
        List<Long> sorted = millis.stream().sorted().toList();
        // 45 ms, and what a busy machine takes to notice
        assertThat(sorted.get((int) (sorted.size() * 999L / 1000)), is(lessThanOrEqualTo(200L)));
    }

    @Test
    void looking_fails_at_once_while_the_server_is_known_to_be_away() {
        proxy.blackHole();
        await().until(() -> !works(node));

        CompletableFuture<?> looking = node.peek(List.of(charge(ample, "a")));

        assertThat(looking.isDone(), is(true));
        assertThat(failure(looking), is(instanceOf(RedisUnavailableException.class)));
    }

    @Test
    void closing_ends_every_decision() {
        proxy.swallowReplies();
        List<CompletableFuture<RateDecision>> asked = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            asked.add(node.decide(List.of(charge(ample, "key " + i))));
        }

        node.close();
        asked.add(ask(node));

        for (CompletableFuture<RateDecision> one : asked) {
            assertThat(failure(one.orTimeout(5, TimeUnit.SECONDS)), is(instanceOf(RedisUnavailableException.class)));
        }
    }
}
