package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RatePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What nodes charge in advance: it saves commands, bounds what they admit all the same, and comes back. */
class RateLeasesTest extends OnOneServer {

    private static final int LEASE = 10;

    RateLeasesTest(RedisServer server) {
        super(server);
    }

    private static RatePolicy leased(RateAlgorithm algorithm, long quota, Duration window) {
        return RatePolicy.named("p", algorithm, quota, window).lease(LEASE).build();
    }

    private long remaining(RateCharge charge) {
        return node().peek(List.of(charge)).join().get(0).remaining();
    }

    @ParameterizedTest
    @EnumSource
    void lease_saves_the_server_all_but_one_of_so_many_decisions(RateAlgorithm algorithm) {
        RateCharge charge = charge(leased(algorithm, 10_000, LONG), "a");
        RedisRateLimiter node = node();
        decide(node, charge);
        String call = hasFunctions() ? "fcall" : "evalsha";

        state.commandsOf(() -> {
            for (int i = 0; i < 1100; i++) {
                assertThat(isGranted(decide(node, charge)), is(true));
            }
        });

        // a lease that is a second old is given back, which is another call
        assertThat(state.commandCalls().getOrDefault(call, 0L), is(lessThanOrEqualTo(110L)));
        node.close();
        assertThat(remaining(charge), is(10_000L - 1101));
    }

    @ParameterizedTest
    @EnumSource
    void what_was_not_used_comes_back_when_the_node_is_closed(RateAlgorithm algorithm) {
        RateCharge charge = charge(leased(algorithm, 30, LONG), "a");
        RedisRateLimiter node = node();
        for (int i = 0; i < 3; i++) {
            decide(node, charge);
        }
        assertThat(remaining(charge), is(30L - 1 - LEASE));

        node.close();

        assertThat(remaining(charge), is(27L));
    }

    @Test
    void lease_of_several_policies_is_of_all_and_comes_back_to_all() {
        RatePolicy small = RatePolicy.named("small", RateAlgorithm.FIXED_WINDOW, 100, LONG)
                .lease(4)
                .build();
        RatePolicy large = RatePolicy.named("large", RateAlgorithm.TOKEN_BUCKET, 100, LONG)
                .lease(50)
                .build();
        RateCharge twice = new RateCharge(large, charge(large, "a").key(), 2);
        RedisRateLimiter node = node();

        decide(node, charge(small, "a"), twice);

        assertThat(remaining(charge(small, "a")), is(95L));
        assertThat(remaining(twice), is(90L));
        node.close();
        assertThat(remaining(charge(small, "a")), is(99L));
        assertThat(remaining(twice), is(98L));
    }

    @Test
    void policy_without_a_lease_keeps_others_from_one() {
        RatePolicy with = leased(RateAlgorithm.FIXED_WINDOW, 100, LONG);
        RatePolicy without = policy("without", RateAlgorithm.FIXED_WINDOW, 100, LONG);

        decide(node(), charge(with, "a"), charge(without, "a"));

        assertThat(remaining(charge(with, "a")), is(99L));
    }

    /** Within one window all that is admitted was charged in it. */
    @ParameterizedTest
    @EnumSource
    void leases_admit_no_more_than_the_quota(RateAlgorithm algorithm) {
        RateCharge charge = charge(leased(algorithm, 95, LONG), "a");
        List<RedisRateLimiter> nodes = nodes(4);
        int granted = 0;
        for (int i = 0; i < 1000; i++) {
            granted += isGranted(decide(nodes.get(i % 4), charge)) ? 1 : 0;
        }

        assertThat(granted, is(lessThanOrEqualTo(95)));
        // what one node holds another may be refused for: it comes back
        assertThat(granted, is(greaterThanOrEqualTo(95 - 3 * LEASE)));
    }

    /** When it was asked for, and when it had been admitted; somewhere between that it was. */
    private record Admitted(long asked, long answered) {}

    @ParameterizedTest
    @EnumSource
    void nodes_admit_in_no_window_more_than_the_bound_and_a_lease_each(RateAlgorithm algorithm) {
        Duration window = Duration.ofMillis(100);
        int quota = 60;
        RateCharge charge = charge(leased(algorithm, quota, window), "a");
        List<RedisRateLimiter> nodes = nodes(3);
        long end = System.nanoTime() + Duration.ofMillis(650).toNanos();
        List<CompletableFuture<List<Admitted>>> all = new ArrayList<>();
        for (RedisRateLimiter node : nodes) {
            CompletableFuture<List<Admitted>> admitted = new CompletableFuture<>();
            all.add(admitted);
            Redis.daemon(() -> admitted.complete(admitted(node, charge, end)), "admitting")
                    .start();
        }
        List<Admitted> admitted = new ArrayList<>();
        all.forEach(one -> admitted.addAll(one.join()));

        int bound = switch (algorithm) {
            case FIXED_WINDOW, TOKEN_BUCKET -> 2 * quota;
            case SLIDING_WINDOW -> quota;
        };
        int most = most(admitted, window.toNanos());
        assertThat(most, is(lessThanOrEqualTo(bound + nodes.size() * LEASE)));
        assertThat(admitted.size(), is(greaterThanOrEqualTo(quota * 4)));
    }

    private static List<Admitted> admitted(RedisRateLimiter node, RateCharge charge, long end) {
        List<Admitted> admitted = new ArrayList<>();
        for (long asked = System.nanoTime(); asked - end < 0; asked = System.nanoTime()) {
            if (isGranted(decide(node, charge))) {
                admitted.add(new Admitted(asked, System.nanoTime()));
            }
        }
        return admitted;
    }

    /** How many of them were surely admitted within one window, at the most. */
    private static int most(List<Admitted> admitted, long window) {
        List<Admitted> byAnswer = admitted.stream()
                .sorted(Comparator.comparingLong(Admitted::answered))
                .toList();
        int most = 0;
        for (Admitted first : admitted) {
            int within = 0;
            for (Admitted one : byAnswer) {
                within += one.asked() - first.asked() >= 0 && one.answered() - first.asked() < window ? 1 : 0;
            }
            most = Math.max(most, within);
        }
        return most;
    }

    /** What was not used comes back after a second. */
    @Test
    void who_is_refused_because_another_node_holds_a_lease_passes_when_it_comes_back() {
        List<RedisRateLimiter> nodes = nodes(2);
        List<RateCharge> charges = Stream.of(RateAlgorithm.values())
                .map(algorithm -> charge(leased(algorithm, 5, LONG), "a"))
                .toList();
        for (RateCharge charge : charges) {
            assertThat(isGranted(decide(nodes.get(0), charge)), is(true));
            assertThat(isGranted(decide(nodes.get(1), charge)), is(false));
        }

        for (RateCharge charge : charges) {
            await().until(() -> isGranted(decide(nodes.get(1), charge)));
            assertThat(remaining(charge), is(0L));
        }
    }
}
