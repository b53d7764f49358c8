package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RatePolicy;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass(name = "{0}")
@MethodSource("io.thr.core.redis.RedisServer#each")
class RateStartTest {

    private final RedisServer server;

    RateStartTest(RedisServer server) {
        this.server = server;
    }

    @ParameterizedTest
    @EnumSource
    void first_request_meets_a_server_that_knows_the_steps(RateAlgorithm algorithm) {
        server.start();
        try (RedisState state = server.state()) {
            state.flush();
            state.command("SCRIPT", "FLUSH");
            try (RedisRateLimiter limiter = RedisRateLimiter.connect(
                    server.url(), new RedisKeys("thr"), "rate start test", Duration.ZERO, Duration.ofSeconds(10))) {
                assertThat(state.keys(), is(empty()));
                state.command("CONFIG", "RESETSTAT");

                RatePolicy policy = RatePolicy.named("ping", algorithm, 2, Duration.ofSeconds(60))
                        .build();
                limiter.decide(List.of(new RateCharge(policy, "key", 1))).join();

                SortedMap<String, Long> calls = state.commandCalls();
                assertThat(calls.getOrDefault("evalsha", 0L) + calls.getOrDefault("fcall", 0L), is(1L));
                assertThat(calls, not(hasKey("eval")));
            }
        }
    }
}
