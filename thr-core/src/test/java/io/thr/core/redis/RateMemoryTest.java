package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RatePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an active key takes of Redis' memory. */
class RateMemoryTest extends OnEachServer {

    RateMemoryTest(RedisServer server) {
        super(server);
    }

    private long bytes(String key) {
        return (Long) Objects.requireNonNull(state.command("MEMORY", "USAGE", key));
    }

    @ParameterizedTest
    @EnumSource(names = "SLIDING_WINDOW", mode = EnumSource.Mode.EXCLUDE)
    void active_key_takes_128_bytes_at_most(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, RatePolicy.MAX_QUOTA, Duration.ofDays(45));
        RateCharge charge = new RateCharge(policy, charge(policy, "a").key(), RatePolicy.MAX_QUOTA - 1);
        RedisRateLimiter node = node();

        decide(node, charge);
        long bytes = bytes(NAMES.rate(charge.key()));

        assertThat(bytes, is(lessThanOrEqualTo(128L)));
    }

    /** Each at a time of its own, which is the most that it can take. */
    @Test
    void sliding_window_takes_16_bytes_for_each_admitted_request_at_most() {
        int requests = 4_000;
        RatePolicy policy = policy("p", RateAlgorithm.SLIDING_WINDOW, requests, Duration.ofDays(45));
        RateCharge charge = charge(policy, "a");
        SplittableRandom random = new SplittableRandom(1);
        List<Long> times = new ArrayList<>();
        long now = 1_790_000_000_000_000L;
        for (int i = 0; i < requests; i++) {
            now += random.nextLong(1, 1_000_000);
            times.add(now);
        }
        closedAfter(new ClockedRate(server, NAMES, Duration.ZERO)).decideAll(times, List.of(charge));

        // a sample of 0: the whole list is measured, not some of its nodes
        long bytes =
                (Long) Objects.requireNonNull(state.command("MEMORY", "USAGE", NAMES.rate(charge.key()), "SAMPLES", 0));

        assertThat((double) bytes / requests, is(lessThanOrEqualTo(16.0)));
    }
}
