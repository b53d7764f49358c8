package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.Logged;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RatePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** However many keys clients make up, a policy has no more than it may. */
class RateMaxKeysTest extends OnOneServer {

    private static final int KEYS = Integer.getInteger("thr.keys", 70_000);

    RateMaxKeysTest(RedisServer server) {
        super(server);
    }

    @ParameterizedTest
    @EnumSource
    void distinct_keys_are_no_more_than_the_policy_allows(RateAlgorithm algorithm) {
        int most = 10_000;
        RatePolicy policy =
                RatePolicy.named("p", algorithm, 2, LONG).maxKeys(most).build();
        List<RedisRateLimiter> nodes = nodes(2);
        int[] granted = {0};
        Logged.by(RateOverflow.class, () -> granted[0] = granted(nodes, policy, KEYS));

        // one request for each: of the keys that have their own, and two of the rest that share
        assertThat(granted[0], is(most + 2));
        // the count of keys, and what the rest shares
        assertThat((Long) state.command("DBSIZE"), is(most + 2L));
    }

    /** So many keys, each asked for once; some thousand at a time. */
    private int granted(List<RedisRateLimiter> nodes, RatePolicy policy, int count) {
        Semaphore outstanding = new Semaphore(4000);
        AtomicInteger granted = new AtomicInteger();
        AtomicReference<Throwable> failed = new AtomicReference<>();
        for (int i = 0; i < count; i++) {
            outstanding.acquireUninterruptibly();
            CompletableFuture<RateDecision> decision =
                    nodes.get(i % nodes.size()).decide(List.of(charge(policy, "key " + i)));
            var unused = decision.whenComplete((decided, failure) -> {
                if (failure != null) {
                    failed.set(failure);
                } else if (isGranted(decided)) {
                    granted.incrementAndGet();
                }
                outstanding.release();
            });
        }
        outstanding.acquireUninterruptibly(4000);
        assertThat(failed.get() == null, is(true));
        return granted.get();
    }

    /** One new key after the other comes, and all are asked for again and again. */
    @Test
    void keys_that_are_used_again_and_again_are_no_more_than_the_policies_allow() {
        int most = 10;
        List<RatePolicy> policies = ofEach(100_000, Duration.ofSeconds(1), most);
        RedisRateLimiter node = node();
        long end = state.micros() + 2_700_000;
        int[] largest = {0};
        Logged.by(RateOverflow.class, () -> {
            for (int i = 0; state.micros() < end; i++) {
                List<CompletableFuture<RateDecision>> decisions = new ArrayList<>();
                for (int k = 0; k <= i; k++) {
                    decisions.add(node.decide(charges(policies, "key " + k)));
                }
                granted(decisions);
                largest[0] = Math.max(largest[0], state.keys().size());
                awaitServerMillis(state.micros() / 1000 + 50);
            }
        });

        // of each policy: its own keys, their count, and what the others share
        assertThat(largest[0], is(policies.size() * (most + 2)));
    }

    private static List<RatePolicy> ofEach(long quota, Duration window, int maxKeys) {
        return Stream.of(RateAlgorithm.values())
                .map(algorithm -> RatePolicy.named("p" + algorithm.letter(), algorithm, quota, window)
                        .maxKeys(maxKeys)
                        .build())
                .toList();
    }

    private List<RateCharge> charges(List<RatePolicy> policies, String key) {
        return policies.stream().map(policy -> charge(policy, key)).toList();
    }

    /** Those who are used all the time keep what is theirs, also when there are as many as there may be. */
    @ParameterizedTest
    @EnumSource
    void keys_that_are_used_again_and_again_are_counted_once(RateAlgorithm algorithm) {
        RatePolicy policy = RatePolicy.named("p", algorithm, 10, Duration.ofSeconds(10))
                .maxKeys(3)
                .build();
        ClockedRate clocked = closedAfter(new ClockedRate(server, NAMES, Duration.ZERO));
        long now = 1_790_000_000_000_000L;
        for (int i = 0; i < 100; i++) {
            now += 1_010_000;
            for (String key : List.of("a", "b")) {
                assertThat(isGranted(clocked.decide(now, charge(policy, key))), is(true));
            }
        }

        // a third one has its own, a fourth has not
        assertThat(isGranted(clocked.decide(now, charge(policy, "c"))), is(true));
        assertThat(isGranted(clocked.decide(now, charge(policy, "d"))), is(true));
        assertThat(state.keys().contains(NAMES.rate(charge(policy, "c").key())), is(true));
        assertThat(state.keys().contains(NAMES.rate(charge(policy, "d").key())), is(false));
    }

    /** Whatever other policies of the same nodes do: one may make requests wait for ten minutes. */
    @Test
    void new_keys_have_their_own_again_when_others_have_expired() {
        List<RatePolicy> policies = ofEach(1, Duration.ofSeconds(1), 2);
        RedisRateLimiter node = node(Duration.ofMinutes(10));
        List<String> logged = Logged.by(RateOverflow.class, () -> {
            for (String key : List.of("a", "b", "c")) {
                assertThat(isGranted(node.decide(charges(policies, key)).join()), is(true));
            }
            assertThat(isGranted(node.decide(charges(policies, "d")).join()), is(false));
        });
        assertThat(logged, everyItem(startsWith("WARNING")));
        assertThat(logged.size(), is(1));

        awaitServerMillis(state.micros() / 1000 + 2001);
        // nothing is left of them
        assertThat(state.keys(), is(empty()));

        assertThat(isGranted(node.decide(charges(policies, "e")).join()), is(true));
        assertThat(isGranted(node.decide(charges(policies, "f")).join()), is(true));
    }
}
