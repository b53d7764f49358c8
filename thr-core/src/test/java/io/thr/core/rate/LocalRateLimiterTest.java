package io.thr.core.rate;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** One process alone. */
class LocalRateLimiterTest extends RateLimiterContract {

    private final AtomicLong micros = new AtomicLong(1_790_000_000_123_456L);
    private final AtomicInteger nodes = new AtomicInteger(1);
    private final LocalRateLimiter limiter = new LocalRateLimiter(micros::get, nodes::get, Duration.ofMinutes(1));
    private final RateKeys keys = new RateKeys("local");

    @Override
    protected RateLimiter limiter() {
        return limiter;
    }

    @Override
    protected void pass(Duration time) {
        micros.addAndGet(time.toNanos() / 1000);
    }

    private int grantedOf(int requests, RatePolicy policy, String key) {
        RateCharge charge = new RateCharge(policy, keys.key(policy, List.of(key)), 1);
        int granted = 0;
        for (int i = 0; i < requests; i++) {
            if (limiter.decide(List.of(charge)).join() instanceof RateDecision.Granted) {
                granted++;
            }
        }
        return granted;
    }

    @ParameterizedTest
    @CsvSource({"1, 20", "2, 10", "3, 6", "20, 1", "21, 1", "1000, 1", "0, 20"})
    void each_of_so_many_nodes_grants_its_share_and_one_at_least(int count, int share) {
        nodes.set(count);
        for (RateAlgorithm algorithm : RateAlgorithm.values()) {
            RatePolicy policy =
                    RatePolicy.named("p", algorithm, 20, Duration.ofMinutes(1)).build();
            assertThat(algorithm + "", grantedOf(100, policy, "key"), is(share));
        }
    }

    @Test
    void burst_is_shared_as_the_quota_is() {
        nodes.set(4);
        RatePolicy policy = RatePolicy.named("p", RateAlgorithm.TOKEN_BUCKET, 40, Duration.ofSeconds(40))
                .burst(8)
                .build();

        assertThat(grantedOf(100, policy, "key"), is(2));
        pass(Duration.ofSeconds(4));
        assertThat(grantedOf(100, policy, "key"), is(1));
    }

    @Test
    void quota_of_nothing_is_shared_as_nothing() {
        nodes.set(4);

        assertThat(
                grantedOf(
                        100,
                        RatePolicy.named("p", RateAlgorithm.TOKEN_BUCKET, 0, Duration.ofSeconds(1))
                                .build(),
                        "key"),
                is(0));
    }

    /** A node that comes, or is lost, changes the policy of every account: nobody is shut out by that. */
    @ParameterizedTest
    @EnumSource
    void share_follows_the_number_of_nodes(RateAlgorithm algorithm) {
        RatePolicy policy =
                RatePolicy.named("p", algorithm, 20, Duration.ofMinutes(1)).build();
        nodes.set(4);
        assertThat(grantedOf(100, policy, "key"), is(5));

        nodes.set(2);

        assertThat(grantedOf(100, policy, "key"), is(lessThanOrEqualTo(10)));
        pass(Duration.ofMinutes(1));
        assertThat(grantedOf(100, policy, "key"), is(10));
    }

    @ParameterizedTest
    @EnumSource
    void million_keys_are_no_more_than_the_policy_allows(RateAlgorithm algorithm) {
        RatePolicy policy = RatePolicy.named("p", algorithm, 1, Duration.ofHours(1))
                .maxKeys(1000)
                .build();
        int granted = 0;
        for (int i = 0; i < 1_000_000; i++) {
            RateCharge charge = new RateCharge(policy, Integer.toString(i), 1);
            if (limiter.decide(List.of(charge)).join() instanceof RateDecision.Granted) {
                granted++;
            }
        }

        // each of its own, and one that all others share
        assertThat(granted, is(1001));
    }

    @ParameterizedTest
    @EnumSource
    void new_keys_have_their_own_again_when_others_have_expired(RateAlgorithm algorithm) {
        RatePolicy policy = RatePolicy.named("p", algorithm, 1, Duration.ofSeconds(10))
                .maxKeys(2)
                .build();
        for (String key : List.of("a", "b", "c")) {
            grantedOf(1, policy, key);
        }
        assertThat(grantedOf(1, policy, "d"), is(0));

        pass(Duration.ofSeconds(11));

        assertThat(grantedOf(1, policy, "d"), is(1));
        assertThat(grantedOf(1, policy, "e"), is(1));
    }
}
