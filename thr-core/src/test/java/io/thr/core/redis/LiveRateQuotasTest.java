package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import io.thr.core.rate.RateQuota;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LiveRateQuotasTest {

    private static final String HASH = "thr:{thr}:rate-quotas";
    private static final List<String> FIELDS = List.of("plan", "plan:gold");

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private RedisState state;
    private RedisRateLimiter limiter;
    private LiveRateQuotas quotas;

    @BeforeEach
    void connect() {
        state = server.state();
        state.flush();
        limiter =
                RedisRateLimiter.connect(server.url(), new RedisKeys("thr"), "live quotas test", Duration.ZERO, 10_000);
        quotas = limiter.quotas();
    }

    @AfterEach
    void close() {
        quotas.close();
        limiter.close();
        state.close();
    }

    private Map<String, RateQuota> asked() {
        return quotas.of(FIELDS).join();
    }

    @Test
    void what_is_set_is_heard_within_a_second() {
        assertThat(asked(), is(anEmptyMap()));

        state.command("HSET", HASH, "plan:gold", "500 50");
        awaitWithinASecond(Map.of("plan:gold", new RateQuota(500, 50)));

        quotas.set("plan", RateQuota.of(7)).join();
        quotas.remove("plan:gold").join();
        awaitWithinASecond(Map.of("plan", RateQuota.of(7)));
    }

    private void awaitWithinASecond(Map<String, RateQuota> expected) {
        long set = System.nanoTime();
        await().pollInterval(Duration.ofMillis(10)).until(() -> asked().equals(expected));
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - set), is(lessThan(1000L)));
    }

    @Test
    void what_nobody_uses_is_not_asked_for() {
        asked();
        // those that were under way
        await().until(() -> asks() == asksAfter(Duration.ofMillis(900)));
        long before = asks();

        assertThat(asksAfter(Duration.ofSeconds(1)), is(before));
        asked();
        assertThat(asks(), is(before + 1));
    }

    private long asksAfter(Duration time) {
        long until = state.micros() + time.toNanos() / 1000;
        await().pollInterval(Duration.ofMillis(20)).until(() -> state.micros() >= until);
        return asks();
    }

    private long asks() {
        return state.commandCalls().getOrDefault("hmget", 0L);
    }

    @Test
    void what_is_no_quota_is_as_if_it_were_not_there() {
        state.command("HSET", HASH, "plan", "a lot", "plan:gold", "9");

        assertThat(asked(), is(Map.of("plan:gold", RateQuota.of(9))));
    }
}
