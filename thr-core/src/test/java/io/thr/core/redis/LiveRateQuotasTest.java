package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.BesideOthers;
import io.thr.core.Logged;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateQuota;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@BesideOthers
class LiveRateQuotasTest extends OnOneServer {

    private static final Duration A_SECOND = Duration.ofSeconds(1);
    private static final String HASH = NAMES.rateQuotas();

    private LiveRateQuotas setting;
    private RedisRateLimiter node;
    private LiveRateQuotas quotas;

    LiveRateQuotasTest(RedisServer server) {
        super(server);
    }

    @BeforeEach
    void join() {
        setting = closedAfter(node().quotas());
        node = node();
        quotas = closedAfter(node.quotas());
    }

    /** It is of the operator, and stays until it is removed. */
    @AfterEach
    void removeQuotas() {
        state.command("DEL", HASH);
    }

    private Map<String, RateQuota> of(String... fields) {
        return quotas.of(List.of(fields)).join();
    }

    @Test
    void quota_that_is_set_is_seen_within_a_second() {
        assertThat(of("p", "p:gold"), is(anEmptyMap()));

        setting.set("p:gold", RateQuota.of(500)).join();
        await().atMost(A_SECOND).until(() -> of("p", "p:gold").equals(Map.of("p:gold", RateQuota.of(500))));

        setting.remove("p:gold").join();
        // somebody sets another by hand
        state.command("HSET", HASH, "p", "7 3");
        await().atMost(A_SECOND).until(() -> of("p", "p:gold").equals(Map.of("p", new RateQuota(7, 3))));
    }

    @Test
    void raised_quota_lets_pass_who_was_refused_within_a_second() {
        RatePolicy configured = policy("p", RateAlgorithm.FIXED_WINDOW, 2, LONG);
        while (isGranted(decideBy(configured))) {
            assertThat(of("p"), is(anEmptyMap()));
        }

        setting.set("p", RateQuota.of(1_000)).join();

        await().atMost(A_SECOND).until(() -> isGranted(decideBy(configured)));
    }

    private RateDecision decideBy(RatePolicy configured) {
        RateQuota set = of("p").get("p");
        RateCharge charge = charge(set == null ? configured : set.of(configured), "a");
        return node.decide(List.of(charge)).join();
    }

    @Test
    void unknown_fields_cost_one_command_and_known_ones_none() throws Exception {
        String[] fields = {"p", "p:gold", "p:silver", "q"};
        setting.set("p:gold", RateQuota.of(500)).join();
        try (Monitor monitor = new Monitor(server)) {
            of(fields);
            assertThat(monitor.commands(), contains("HMGET"));
        }
        // the timer may ask for them once, and not for each question
        long commands = state.commandsOf(() -> {
            for (int i = 0; i < 1000; i++) {
                assertThat(of(fields), is(Map.of("p:gold", RateQuota.of(500))));
            }
        });
        assertThat(commands, is(lessThan(10L)));
    }

    @Test
    void what_nobody_uses_is_asked_for_no_more() {
        List<String> fields = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            fields.add("p:" + i);
        }
        quotas.of(fields).join();

        // longer than it takes to ask again for what is used, three times
        long commands = state.commandsOf(() -> {
            long since = System.nanoTime();
            await().until(() -> System.nanoTime() - since > 1_500_000_000L);
        });

        // once more, 500 at a time: they had been used since
        assertThat(commands, is(lessThanOrEqualTo(4L)));
        setting.set("p:7", RateQuota.of(500)).join();
        // and is not taken for what it was
        assertThat(quotas.of(fields).join(), is(Map.of("p:7", RateQuota.of(500))));
    }

    @Test
    void text_that_is_no_quota_is_warned_of_and_the_configured_one_is_in_force() {
        state.command("HSET", HASH, "p", "many", "q", "9");

        List<String> logged =
                Logged.by(LiveRateQuotas.class, () -> assertThat(of("p", "q"), is(Map.of("q", RateQuota.of(9)))));

        assertThat(logged, contains(containsString("WARNING " + HASH + " p: quota: many (expected: ")));
    }

    @Test
    void server_that_is_away_leaves_in_force_what_was_known() {
        setting.set("p", RateQuota.of(500)).join();
        try (FaultyProxy proxy = FaultyProxy.before(server);
                RedisRateLimiter behind = RedisRateLimiter.connect(proxy.url(), NAMES, "rate test");
                LiveRateQuotas known = behind.quotas()) {
            await().until(() -> known.of(List.of("p")).join().equals(Map.of("p", RateQuota.of(500))));
            proxy.blackHole();

            long since = System.nanoTime();
            await().until(() -> {
                assertThat(known.of(List.of("p", "q")).join(), is(Map.of("p", RateQuota.of(500))));
                return System.nanoTime() - since > 1_200_000_000L;
            });
        }
    }
}
