package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is over its limit costs the server nothing, and is over it no longer than the server would say. */
class RateDenialsTest extends OnOneServer {

    RateDenialsTest(RedisServer server) {
        super(server);
    }

    private static RateDecision.Refused untilRefused(RedisRateLimiter node, RateCharge... charges) {
        for (int i = 0; i < 10_000; i++) {
            if (decide(node, charges) instanceof RateDecision.Refused refused) {
                return refused;
            }
        }
        throw new AssertionError(List.of(charges) + " are granted again and again");
    }

    @ParameterizedTest
    @EnumSource
    void key_over_its_limit_costs_no_command(RateAlgorithm algorithm) {
        RateCharge charge = charge(policy("p", algorithm, 5, LONG), "a");
        RedisRateLimiter node = node();
        RateDecision.Refused first = untilRefused(node, charge);

        long commands = state.commandsOf(() -> {
            for (int i = 0; i < 10_000; i++) {
                RateState again = decide(node, charge).states().get(0);
                assertThat(again.exceeded(), is(true));
                assertThat(again.waitMillis(), is(lessThanOrEqualTo(first.waitMillis())));
                assertThat(again.moreAt(), is(first.states().get(0).moreAt()));
            }
        });

        assertThat(commands, is(0L));
    }

    /** Of several charges, of which one is over its limit; and larger costs than the one that was refused. */
    @Test
    void whatever_contains_it_costs_no_command() {
        RateCharge full = charge(policy("full", RateAlgorithm.TOKEN_BUCKET, 5, LONG), "a");
        RateCharge other = charge(policy("other", RateAlgorithm.TOKEN_BUCKET, 5, LONG), "a");
        RedisRateLimiter node = node();
        untilRefused(node, full);

        long commands = state.commandsOf(() -> {
            assertThat(isGranted(decide(node, other, full)), is(false));
            assertThat(isGranted(decide(node, new RateCharge(full.policy(), full.key(), 2))), is(false));
        });

        assertThat(commands, is(0L));
    }

    /** Another node, which remembers nothing, asks right after: by then the wait is not longer. */
    @ParameterizedTest
    @EnumSource
    void nobody_is_told_too_short_a_wait_whatever_it_costs(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, 10, LONG);
        String key = charge(policy, "a").key();
        RedisRateLimiter node = node();
        for (int i = 0; i < 9; i++) {
            decide(node, new RateCharge(policy, key, 1));
        }
        for (int cost : List.of(9, 3, 10, 5, 2, 7, 11)) {
            RateCharge charge = new RateCharge(policy, key, cost);
            for (int again = 0; again < 3; again++) {
                RateState told = decide(node, charge).states().get(0);
                long micros = state.micros();
                RateState asked = decide(node(), charge).states().get(0);
                long elapsed = (state.micros() - micros) / 1000;

                assertThat(told.exceeded(), is(true));
                assertThat(algorithm + " " + cost, told.waitMillis(), is(greaterThanOrEqualTo(asked.waitMillis())));
                assertThat(told.waitMillis() - asked.waitMillis(), is(lessThanOrEqualTo(elapsed + 50)));
            }
        }
    }

    @Test
    void delay_that_would_be_too_long_is_told_until_it_is_not() {
        RatePolicy policy = RatePolicy.named("p", RateAlgorithm.TOKEN_BUCKET, 1, Duration.ofSeconds(1))
                .delay(Duration.ofMillis(1500))
                .build();
        RateCharge charge = new RateCharge(policy, charge(policy, "a").key(), 1);
        RedisRateLimiter node = node(Duration.ofMinutes(1));

        RateDecision decision = untilRefused(node, charge);

        while (!isGranted(decision)) {
            assertThat(decision.states().get(0).exceeded(), is(true));
            decision = decide(node, charge);
        }
    }

    @Test
    void smaller_cost_than_the_one_that_was_refused_is_asked_for() {
        RatePolicy policy = policy("p", RateAlgorithm.FIXED_WINDOW, 10, LONG);
        String key = charge(policy, "a").key();
        RedisRateLimiter node = node();
        decide(node, new RateCharge(policy, key, 7));
        assertThat(isGranted(decide(node, new RateCharge(policy, key, 5))), is(false));

        assertThat(isGranted(decide(node, new RateCharge(policy, key, 3))), is(true));
    }

    /** It is asked for all the time: whenever it is refused, that is before the time that the server had said. */
    @ParameterizedTest
    @EnumSource
    void nobody_is_refused_after_the_reset(RateAlgorithm algorithm) {
        RateCharge charge = charge(policy("p", algorithm, 3, Duration.ofMillis(60)), "a");
        RedisRateLimiter node = node();
        int resets = 0;
        while (resets < 8) {
            RateDecision.Refused first = untilRefused(node, charge);
            long reset = decidedAt(first) + first.waitMillis();
            long asked = state.micros() / 1000;
            while (!isGranted(decide(node, charge))) {
                // the server's times are rounded up to milliseconds
                assertThat(asked, is(lessThanOrEqualTo(reset)));
                asked = state.micros() / 1000;
            }
            resets++;
        }
    }

    /** And nobody is granted before it, whichever node is asked. */
    @ParameterizedTest
    @EnumSource
    void key_passes_at_its_reset_on_every_node(RateAlgorithm algorithm) {
        RateCharge charge = charge(policy("p", algorithm, 1, Duration.ofMillis(100)), "a");
        List<RedisRateLimiter> nodes = nodes(4);
        long granted = decidedAt(decide(nodes.get(0), charge));
        for (int i = 1; i <= 4; i++) {
            RedisRateLimiter node = nodes.get(i % 4);
            RateDecision decision = decide(node, charge);
            while (!isGranted(decision)) {
                awaitServerMillis(decidedAt(decision) + ((RateDecision.Refused) decision).waitMillis());
                decision = decide(node, charge);
            }
            // the time of a state is rounded down
            assertThat(decidedAt(decision), is(greaterThanOrEqualTo(granted + 99)));
            granted = decidedAt(decision);
        }
    }

    @ParameterizedTest
    @EnumSource
    void changed_policy_is_asked_for_at_once(RateAlgorithm algorithm) {
        RateCharge charge = charge(policy("p", algorithm, 5, LONG), "a");
        RedisRateLimiter node = node();
        untilRefused(node, charge);
        RatePolicy raised = charge.policy().withQuota(90_000);

        long commands = state.commandsOf(() -> decide(node, charge(raised, "a")));
        assertThat(commands, is(greaterThan(0L)));
        awaitServerMillis(state.micros() / 1000 + 50);

        assertThat(isGranted(decide(node, charge(raised, "a"))), is(true));
    }

    /** What is given back makes room before any time that was told. */
    @ParameterizedTest
    @EnumSource
    void corrected_policy_is_asked_for_each_time(RateAlgorithm algorithm) {
        RatePolicy policy =
                RatePolicy.named("p", algorithm, 10, LONG).settled(true).build();
        RateCharge charge = new RateCharge(policy, charge(policy, "a").key(), 10);
        List<RedisRateLimiter> nodes = nodes(2);
        RateDecision granted = decide(nodes.get(0), charge);
        assertThat(isGranted(decide(nodes.get(1), charge)), is(false));

        nodes.get(0).settle(charge, granted.states().get(0), 0).join();

        assertThat(isGranted(decide(nodes.get(1), charge)), is(true));
    }
}
