package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;

import io.thr.core.rate.RateLimiter;
import io.thr.core.rate.RateLimiterContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** All nodes of a bus, on each server that there is. */
@ParameterizedClass(name = "{0}")
@MethodSource("io.thr.core.redis.RedisServer#each")
class RedisRateLimiterTest extends RateLimiterContract {

    private final RedisServer server;
    private RedisState state;
    private RedisRateLimiter limiter;

    RedisRateLimiterTest(RedisServer server) {
        this.server = server;
    }

    @BeforeEach
    void connect() {
        server.start();
        state = server.state();
        state.flush();
        limiter = RedisRateLimiter.connect(
                server.url(), new RedisKeys("thr"), "rate limiter test", Duration.ofMinutes(1), Duration.ofSeconds(10));
    }

    @AfterEach
    void every_key_expires() {
        assertThat(state.lasting().stream().limit(10).toList(), is(empty()));
        limiter.close();
        state.close();
    }

    @Override
    protected RateLimiter limiter() {
        return limiter;
    }

    @Override
    protected void pass(Duration time) {
        long until = state.micros() + time.toNanos() / 1000;
        await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> state.micros() >= until);
    }
}
