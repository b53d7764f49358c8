package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Decisions that wait together go together. */
class RateBatcherTest extends OnEachServer {

    private static final int OUTSTANDING = 64;

    RateBatcherTest(RedisServer server) {
        super(server);
    }

    /** 64 ask, each again as soon as it has been answered, until there were so many decisions; gives what failed. */
    private List<Throwable> ask(RedisRateLimiter node, int decisions, IntFunction<List<RateCharge>> charges) {
        AtomicInteger number = new AtomicInteger();
        CountDownLatch left = new CountDownLatch(decisions);
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        Runnable caller = new Runnable() {
            @Override
            public void run() {
                int own = number.getAndIncrement();
                if (own >= decisions) {
                    return;
                }
                var unused = node.decide(charges.apply(own)).whenComplete((decision, failure) -> {
                    if (failure != null) {
                        failures.add(failure);
                    }
                    left.countDown();
                    run();
                });
            }
        };
        for (int i = 0; i < OUTSTANDING; i++) {
            caller.run();
        }
        await().until(() -> left.getCount() == 0);
        return failures;
    }

    /** All are counted that the server runs, those in scripts too. Only a log takes more than four for a call. */
    @ParameterizedTest
    @EnumSource
    void hot_key_costs_a_tenth_of_a_command_a_decision_at_most(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, 100_000, Duration.ofDays(45));
        RedisRateLimiter node = node();
        List<RateCharge> charges = List.of(charge(policy, "a"));
        ask(node, 2000, number -> charges);
        int decisions = 20_000;

        long commands = state.commandsOf(() -> assertThat(ask(node, decisions, number -> charges), is(empty())));

        double most = algorithm == RateAlgorithm.SLIDING_WINDOW ? 0.15 : 0.1;
        assertThat((double) commands / decisions, is(lessThanOrEqualTo(most)));
        assertThat(node.peek(charges).join().get(0).remaining(), is(100_000L - 22_000));
    }

    @Test
    void decisions_for_different_keys_travel_together() {
        RatePolicy policy = policy("p", RateAlgorithm.TOKEN_BUCKET, 100, LONG);
        RedisRateLimiter node = node();
        String call = hasFunctions() ? "fcall" : "evalsha";
        ask(node, 500, number -> List.of(charge(policy, "warm")));
        int decisions = 10_000;

        long commands = state.commandsOf(() ->
                assertThat(ask(node, decisions, number -> List.of(charge(policy, "key " + number))), is(empty())));

        long calls = state.commandCalls().getOrDefault(call, 0L);
        assertThat(calls, is(lessThan(decisions / 8L)));
        // one SET for each, and the rest for all
        assertThat((double) commands / decisions, is(lessThan(1.5)));
    }

    /** While the server stands still, two calls are under way at most; the others wait, and go as one. */
    @Test
    void what_waits_goes_as_one_call() throws Exception {
        RatePolicy policy = policy("p", RateAlgorithm.TOKEN_BUCKET, 100, LONG);
        RedisRateLimiter node = node();
        decide(node, charge(policy, "warm"));
        String call = hasFunctions() ? "fcall" : "evalsha";
        state.command("CONFIG", "RESETSTAT");
        signal("-STOP");
        List<CompletableFuture<RateDecision>> decisions = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            decisions.add(node.decide(List.of(charge(policy, "key " + i))));
        }
        signal("-CONT");

        assertThat(granted(decisions), is(60L));
        assertThat(state.commandCalls().getOrDefault(call, 0L), is(lessThanOrEqualTo(3L)));
    }

    /** Of those who ask for the same together each learns its own place. */
    @ParameterizedTest
    @EnumSource
    void each_of_those_who_ask_together_gets_its_own_answer(RateAlgorithm algorithm) throws Exception {
        RatePolicy policy = policy("p", algorithm, 40, LONG);
        RedisRateLimiter node = node();
        signal("-STOP");
        List<CompletableFuture<RateDecision>> decisions = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            decisions.add(node.decide(List.of(charge(policy, "a"))));
        }
        signal("-CONT");

        List<Long> remaining = decisions.stream()
                .map(CompletableFuture::join)
                .filter(OnEachServer::isGranted)
                .map(decision -> decision.states().get(0).remaining())
                .sorted()
                .toList();
        List<Long> expected = new ArrayList<>();
        for (long left = 0; left < 40; left++) {
            expected.add(left);
        }
        assertThat(remaining, is(expected));
    }

    /** First come, first served: the delays of those who come together grow in the order in which they came. */
    @ParameterizedTest
    @EnumSource
    void those_who_wait_together_wait_in_their_order(RateAlgorithm algorithm) throws Exception {
        RatePolicy policy = RatePolicy.named("p", algorithm, 10, Duration.ofSeconds(1))
                .delay(Duration.ofSeconds(3))
                .build();
        RedisRateLimiter node = node(Duration.ofSeconds(3));
        signal("-STOP");
        List<CompletableFuture<RateDecision>> asked = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            asked.add(node.decide(List.of(charge(policy, "a"))));
        }
        signal("-CONT");

        List<Long> delays = new ArrayList<>();
        for (CompletableFuture<RateDecision> one : asked) {
            delays.add(one.join() instanceof RateDecision.Granted granted ? granted.delayMillis() : Long.MAX_VALUE);
        }
        assertThat(delays, is(delays.stream().sorted().toList()));
        // ten at once, and ten more in each of the three seconds
        assertThat(delays.stream().filter(delay -> delay <= 3000).count(), is(40L));
        assertThat(delays.stream().filter(delay -> delay == 0).count(), is(10L));
    }

    /** What they cost in shadow policies is told of each, too. */
    @Test
    void those_who_exceed_a_soft_policy_together_are_told_so() throws Exception {
        RatePolicy soft = RatePolicy.named("soft", RateAlgorithm.TOKEN_BUCKET, 7, LONG)
                .shadow(true)
                .build();
        RatePolicy hard = policy("hard", RateAlgorithm.TOKEN_BUCKET, 100, LONG);
        RedisRateLimiter node = node();
        signal("-STOP");
        List<CompletableFuture<RateDecision>> asked = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            asked.add(node.decide(List.of(charge(hard, "a"), charge(soft, "a"))));
        }
        signal("-CONT");

        assertThat(granted(asked), is(50L));
        assertThat(
                asked.stream()
                        .map(one -> one.join().states().get(1))
                        .filter(RateState::exceeded)
                        .count(),
                is(43L));
    }

    private void signal(String signal) throws Exception {
        new ProcessBuilder("kill", signal, Long.toString(server.pid())).start().waitFor();
    }
}
