package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Of many who come together at all nodes exactly so many pass as the quota says, and what is refused leaves no trace. */
class RateExactnessTest extends OnEachServer {

    private static final int THREADS = 50;
    private static final int ROUNDS = Integer.getInteger("thr.rounds", 50);
    private static final int QUOTA = 20;

    RateExactnessTest(RedisServer server) {
        super(server);
    }

    /** What each thread asks for in a round. */
    @FunctionalInterface
    private interface Asking {
        List<RateCharge> charges(int round);
    }

    /** How many pass in each round: all threads ask at the same time, each twice, at one of four nodes. */
    private int[] granted(Asking asking) throws InterruptedException {
        List<RedisRateLimiter> nodes = nodes(4);
        AtomicInteger[] granted = new AtomicInteger[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            granted[round] = new AtomicInteger();
        }
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<CompletableFuture<Void>> ended = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            RedisRateLimiter node = nodes.get(i % nodes.size());
            CompletableFuture<Void> end = new CompletableFuture<>();
            ended.add(end);
            Redis.daemon(
                            () -> {
                                try {
                                    for (int round = 0; round < ROUNDS; round++) {
                                        start.await();
                                        for (int twice = 0; twice < 2; twice++) {
                                            if (isGranted(node.decide(asking.charges(round))
                                                    .join())) {
                                                granted[round].incrementAndGet();
                                            }
                                        }
                                    }
                                    end.complete(null);
                                } catch (Exception e) {
                                    start.reset();
                                    end.completeExceptionally(e);
                                }
                            },
                            "asking-" + i)
                    .start();
        }
        CompletableFuture.allOf(ended.toArray(CompletableFuture<?>[]::new)).join();
        int[] counts = new int[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            counts[round] = granted[round].get();
        }
        return counts;
    }

    private static int[] always(int count) {
        int[] counts = new int[ROUNDS];
        java.util.Arrays.fill(counts, count);
        return counts;
    }

    @ParameterizedTest
    @EnumSource
    void fifty_threads_on_four_nodes_get_exactly_the_quota(RateAlgorithm algorithm) throws Exception {
        RatePolicy policy = policy("p", algorithm, QUOTA, LONG);

        assertThat(granted(round -> List.of(charge(policy, "round " + round))), is(always(QUOTA)));
    }

    @Test
    void several_policies_let_pass_what_the_narrowest_allows_and_charge_no_other_for_more() throws Exception {
        RatePolicy narrow = policy("narrow", RateAlgorithm.TOKEN_BUCKET, QUOTA, LONG);
        RatePolicy wide = policy("wide", RateAlgorithm.SLIDING_WINDOW, 25, LONG);
        RatePolicy all = policy("all", RateAlgorithm.FIXED_WINDOW, 1_000_000, LONG);

        int[] granted = granted(
                round -> List.of(charge(all, "all"), charge(wide, "round " + round), charge(narrow, "round " + round)));

        assertThat(granted, is(always(QUOTA)));
        RedisRateLimiter node = node();
        assertThat(remaining(node, charge(all, "all")), is(1_000_000L - (long) ROUNDS * QUOTA));
        for (int round = 0; round < ROUNDS; round++) {
            assertThat(remaining(node, charge(wide, "round " + round)), is(5L));
        }
    }

    private static long remaining(RedisRateLimiter node, RateCharge charge) {
        return node.peek(List.of(charge)).join().get(0).remaining();
    }

    @ParameterizedTest
    @EnumSource
    void refusal_leaves_redis_as_it_was(RateAlgorithm algorithm) {
        RatePolicy full = policy("full", algorithm, QUOTA, LONG);
        RatePolicy free = policy("free", algorithm, QUOTA, LONG);
        RatePolicy unused = policy("new", algorithm, QUOTA, LONG);
        RedisRateLimiter first = node();
        decide(first, charge(free, "a"));
        for (int i = 0; i < QUOTA; i++) {
            decide(first, charge(full, "a"));
        }
        SortedMap<String, Object> before = state.all();

        // each asks the server: none remembers what another was told
        List<RateDecision> refused = List.of(
                decide(node(), charge(full, "a")),
                decide(node(), charge(free, "a"), charge(full, "a")),
                decide(node(), charge(full, "a"), charge(unused, "a")),
                decide(node(), charge(free, "b"), charge(unused, "b"), charge(full, "a")));

        assertThat(refused.stream().filter(OnEachServer::isGranted).count(), is(0L));
        assertThat(state.all(), is(before));
    }

    @ParameterizedTest
    @EnumSource
    void refusal_prolongs_no_keys_life(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, 1, LONG);
        RateCharge charge = charge(policy, "a");
        decide(node(), charge);
        String key = NAMES.rate(charge.key());
        String count = NAMES.rateKeys("p");
        long keyEnds = endMicros(key);
        long countEnds = endMicros(count);
        awaitServerMillis(state.micros() / 1000 + 20);

        decide(node(), charge);

        assertThat(Math.abs(endMicros(key) - keyEnds), is(lessThan(15_000L)));
        assertThat(Math.abs(endMicros(count) - countEnds), is(lessThan(15_000L)));
    }

    /** When the key expires. */
    private long endMicros(String key) {
        long millis = (Long) Objects.requireNonNull(state.command("PTTL", key));
        return state.micros() + millis * 1000;
    }

    @ParameterizedTest
    @EnumSource
    void looking_leaves_redis_as_it_was(RateAlgorithm algorithm) {
        RatePolicy used = policy("used", algorithm, QUOTA, LONG);
        RatePolicy unused = policy("unused", algorithm, QUOTA, LONG);
        RedisRateLimiter node = node();
        decide(node, charge(used, "a"));
        SortedMap<String, Object> before = state.all();

        List<RateState> looked = node.peek(List.of(charge(used, "a"), charge(unused, "a"), charge(used, "b")))
                .join();

        assertThat(looked.stream().map(RateState::remaining).toList(), is(List.of(19L, 20L, 20L)));
        assertThat(state.all(), is(before));
    }
}
