package io.thr.core.rate;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every limiter does, wherever it keeps its accounts. */
public abstract class RateLimiterContract {

    /** So long that nothing of a small quota comes back within a test. */
    private static final Duration LONG = Duration.ofHours(1);

    private final RateKeys keys = new RateKeys("contract");

    /** The test's own, with nothing used, for policies that make requests wait for a minute at most. */
    protected abstract RateLimiter limiter();

    /** Lets so much time pass by the limiter's clock. */
    protected abstract void pass(Duration time);

    private RateCharge charge(RatePolicy policy, String key, long cost) {
        return new RateCharge(policy, keys.key(policy, List.of(key)), cost);
    }

    private RateCharge charge(RatePolicy policy) {
        return charge(policy, "key", 1);
    }

    private RateDecision decide(RateCharge... charges) {
        return limiter().decide(List.of(charges)).join();
    }

    private RateState look(RateCharge charge) {
        return limiter().peek(List.of(charge)).join().get(0);
    }

    private static RatePolicy policy(String name, RateAlgorithm algorithm, long quota, Duration window) {
        return RatePolicy.named(name, algorithm, quota, window).build();
    }

    private static boolean isGranted(RateDecision decision) {
        return decision instanceof RateDecision.Granted;
    }

    private RateDecision.Refused untilRefused(RateCharge charge) {
        for (int i = 0; i < 10_000; i++) {
            if (decide(charge) instanceof RateDecision.Refused refused) {
                return refused;
            }
        }
        throw new AssertionError(charge + " is granted again and again");
    }

    @ParameterizedTest
    @EnumSource
    void quota_is_granted_and_no_more(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, 3, LONG);
        List<Boolean> granted = new ArrayList<>();
        List<Long> remaining = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            RateDecision decision = decide(charge(policy));
            granted.add(isGranted(decision));
            remaining.add(decision.states().get(0).remaining());
        }

        assertThat(granted, contains(true, true, true, false, false));
        assertThat(remaining, contains(2L, 1L, 0L, 0L, 0L));
    }

    @ParameterizedTest
    @EnumSource
    void room_is_there_when_the_refusal_said(RateAlgorithm algorithm) {
        RateCharge charge = charge(policy("p", algorithm, 5, Duration.ofMillis(200)));

        RateDecision.Refused refused = untilRefused(charge);
        assertThat(refused.waitMillis(), is(allOf(greaterThan(0L), lessThanOrEqualTo(200L))));
        pass(Duration.ofMillis(refused.waitMillis()));

        assertThat(decide(charge), is(instanceOf(RateDecision.Granted.class)));
    }

    @ParameterizedTest
    @EnumSource
    void policy_without_room_refuses_for_all_and_nothing_is_charged(RateAlgorithm algorithm) {
        RatePolicy narrow = policy("narrow", algorithm, 1, LONG);
        RatePolicy wide = policy("wide", algorithm, 10, LONG);
        decide(charge(narrow));

        RateDecision decision = decide(charge(wide), charge(narrow));

        assertThat(decision, is(instanceOf(RateDecision.Refused.class)));
        List<String> refusing = decision.states().stream()
                .filter(RateState::exceeded)
                .map(state -> state.policy().name())
                .toList();
        assertThat(refusing, contains("narrow"));
        assertThat(look(charge(wide)).remaining(), is(10L));
    }

    @Test
    void states_come_in_the_order_of_the_charges() {
        List<RateCharge> charges = new ArrayList<>();
        for (String name : List.of("c", "a", "d", "b")) {
            for (RateAlgorithm algorithm : RateAlgorithm.values()) {
                charges.add(charge(policy(name + algorithm.letter(), algorithm, 9, LONG)));
            }
        }

        List<RatePolicy> said = limiter().decide(charges).join().states().stream()
                .map(RateState::policy)
                .toList();

        assertThat(said, is(charges.stream().map(RateCharge::policy).toList()));
    }

    @ParameterizedTest
    @EnumSource
    void keys_and_policies_do_not_count_together(RateAlgorithm algorithm) {
        RatePolicy first = policy("first", algorithm, 1, LONG);
        RatePolicy second = policy("second", algorithm, 1, LONG);

        assertThat(isGranted(decide(charge(first, "a", 1))), is(true));
        assertThat(isGranted(decide(charge(first, "b", 1))), is(true));
        assertThat(isGranted(decide(charge(second, "a", 1))), is(true));
        assertThat(isGranted(decide(charge(first, "a", 1))), is(false));
    }

    @ParameterizedTest
    @EnumSource
    void cost_is_charged_whole_or_not_at_all(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, 10, LONG);

        assertThat(isGranted(decide(charge(policy, "key", 7))), is(true));
        assertThat(isGranted(decide(charge(policy, "key", 4))), is(false));
        assertThat(isGranted(decide(charge(policy, "key", 3))), is(true));
        assertThat(isGranted(decide(charge(policy, "key", 1))), is(false));
        assertThat(isGranted(decide(charge(policy, "key", 0))), is(true));
    }

    @ParameterizedTest
    @EnumSource
    void what_costs_more_than_there_can_be_is_never_granted(RateAlgorithm algorithm) {
        RateDecision.Refused refused =
                (RateDecision.Refused) decide(charge(policy("p", algorithm, 10, LONG), "key", 11));

        assertThat(refused.waitMillis(), is(RateState.NEVER));
    }

    @ParameterizedTest
    @EnumSource
    void quota_of_nothing_grants_nothing(RateAlgorithm algorithm) {
        RateDecision.Refused refused = (RateDecision.Refused) decide(charge(policy("p", algorithm, 0, LONG)));

        assertThat(refused.waitMillis(), is(RateState.NEVER));
    }

    @ParameterizedTest
    @EnumSource
    void raised_quota_is_in_force_at_once(RateAlgorithm algorithm) {
        RatePolicy policy = policy("p", algorithm, 2, LONG);
        untilRefused(charge(policy));

        RatePolicy raised = policy.withQuota(36_000);

        if (algorithm == RateAlgorithm.TOKEN_BUCKET) {
            // its tokens come faster from now on
            RateState state = look(charge(raised));
            assertThat(state.waitMillis(), is(lessThanOrEqualTo(100L)));
            pass(Duration.ofMillis(state.waitMillis()));
        }
        assertThat(isGranted(decide(charge(raised))), is(true));
    }

    @ParameterizedTest
    @EnumSource
    void looking_charges_nothing_and_tells_when_there_is_room(RateAlgorithm algorithm) {
        RateCharge charge = charge(policy("p", algorithm, 2, LONG));

        for (int i = 0; i < 5; i++) {
            RateState state = look(charge);
            assertThat(state.remaining(), is(2L));
            assertThat(state.exceeded(), is(false));
        }
        decide(charge);
        decide(charge);
        assertThat(look(charge).remaining(), is(0L));
        assertThat(look(charge).waitMillis(), is(allOf(greaterThan(0L), lessThanOrEqualTo(LONG.toMillis()))));
    }

    @ParameterizedTest
    @EnumSource
    void shadow_grants_and_tells_what_it_would_have_refused(RateAlgorithm algorithm) {
        grantsAndTells(RatePolicy.named("p", algorithm, 2, LONG).shadow(true).build());
    }

    @ParameterizedTest
    @EnumSource
    void queue_grants_and_tells_who_exceeds_it(RateAlgorithm algorithm) {
        grantsAndTells(RatePolicy.named("p", algorithm, 2, LONG)
                .onExceeded(OnExceeded.QUEUE)
                .build());
    }

    private void grantsAndTells(RatePolicy soft) {
        List<Boolean> exceeded = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            RateDecision decision = decide(charge(soft));
            assertThat(decision, is(instanceOf(RateDecision.Granted.class)));
            exceeded.add(decision.states().get(0).exceeded());
        }

        assertThat(exceeded, contains(false, false, true, true, true));
        // what was over was not charged: the next fits as soon as after the first two
        assertThat(look(charge(soft)).waitMillis(), is(lessThanOrEqualTo(LONG.toMillis())));
    }

    @ParameterizedTest
    @EnumSource
    void soft_policy_charges_nothing_where_another_refuses(RateAlgorithm algorithm) {
        RatePolicy soft = RatePolicy.named("soft", algorithm, 9, LONG)
                .onExceeded(OnExceeded.QUEUE)
                .build();
        RatePolicy hard = policy("hard", algorithm, 1, LONG);

        assertThat(isGranted(decide(charge(soft), charge(hard))), is(true));
        assertThat(isGranted(decide(charge(soft), charge(hard))), is(false));

        assertThat(look(charge(soft)).remaining(), is(8L));
    }

    @ParameterizedTest
    @EnumSource
    void requests_wait_in_the_order_in_which_they_come_and_no_longer_than_they_may(RateAlgorithm algorithm) {
        Duration window = Duration.ofSeconds(10);
        RateCharge charge =
                charge(RatePolicy.named("p", algorithm, 2, window).delay(window).build());
        List<Long> expected = algorithm == RateAlgorithm.TOKEN_BUCKET
                ? List.of(0L, 0L, 5000L, 10_000L)
                : List.of(0L, 0L, 10_000L, 10_000L);

        long first = 0;
        for (int i = 0; i < expected.size(); i++) {
            RateDecision.Granted granted = (RateDecision.Granted) decide(charge);
            RateState state = granted.states().get(0);
            long decided = state.moreAt() - state.moreMillis();
            first = i == 0 ? decided : first;
            assertThat(algorithm + " " + i, granted.delayMillis(), is(lessThanOrEqualTo(expected.get(i))));
            // a delay is rounded up and a clock is rounded down
            assertThat(
                    algorithm + " " + i,
                    decided + granted.delayMillis(),
                    is(greaterThanOrEqualTo(first + expected.get(i) - 1)));
        }
        RateDecision.Refused refused = (RateDecision.Refused) decide(charge);
        assertThat(refused.waitMillis(), is(greaterThan(window.toMillis())));
    }

    @Test
    void who_waits_for_one_policy_is_charged_by_all_for_the_time_at_which_it_begins() {
        RatePolicy slow = RatePolicy.named("slow", RateAlgorithm.TOKEN_BUCKET, 1, Duration.ofSeconds(20))
                .delay(Duration.ofSeconds(30))
                .build();
        RatePolicy strict = policy("strict", RateAlgorithm.FIXED_WINDOW, 1, Duration.ofSeconds(10));
        decide(charge(slow));

        RateDecision.Granted waiting = (RateDecision.Granted) decide(charge(slow), charge(strict));

        assertThat(waiting.delayMillis(), is(greaterThan(15_000L)));
        // its window begins with the one that waits
        assertThat(look(charge(strict)).waitMillis(), is(greaterThan(25_000L)));
    }

    @ParameterizedTest
    @EnumSource
    void what_was_too_much_is_given_back(RateAlgorithm algorithm) {
        RateCharge charge = charge(policy("p", algorithm, 10, LONG), "key", 10);
        RateState state = decide(charge).states().get(0);

        limiter().settle(charge, state, 4).join();

        assertThat(look(charge).remaining(), is(6L));
    }

    @ParameterizedTest
    @EnumSource
    void what_was_too_little_is_charged_up_to_a_second_quota(RateAlgorithm algorithm) {
        RatePolicy policy =
                RatePolicy.named("p", algorithm, 10, LONG).settled(true).build();
        RateCharge charge = charge(policy, "key", 5);
        RateState state = decide(charge).states().get(0);

        limiter().settle(charge, state, 8).join();
        assertThat(look(charge).remaining(), is(2L));
        limiter().settle(charge, state, 1_000_000).join();

        RateState after = look(charge(policy));
        assertThat(after.remaining(), is(0L));
        assertThat(
                after.waitMillis(),
                is(allOf(
                        greaterThan(0L),
                        lessThanOrEqualTo(
                                algorithm == RateAlgorithm.TOKEN_BUCKET
                                        ? 11 * LONG.toMillis() / 10
                                        : LONG.toMillis()))));
    }

    /** Or who charges much, waits until that has come back by itself, and then gives it back had it twice. */
    @ParameterizedTest
    @EnumSource
    void nothing_is_given_back_that_counts_no_more(RateAlgorithm algorithm) {
        Duration window = Duration.ofMillis(300);
        RateCharge charge = charge(policy("p", algorithm, 1000, window), "key", 900);
        RateState state = decide(charge).states().get(0);
        pass(window.plusMillis(5));
        RateState before = decide(charge).states().get(0);
        assertThat(before.remaining(), is(100L));

        limiter().settle(charge, state, 0).join();

        RateState after = look(charge);
        long passedMillis = after.moreAt() - after.moreMillis() - (before.moreAt() - before.moreMillis());
        // what has come back by itself meanwhile
        long back = algorithm == RateAlgorithm.TOKEN_BUCKET
                ? (passedMillis + 1) * 1000 / window.toMillis()
                : passedMillis >= window.toMillis() ? 900 : 0;
        assertThat(after.remaining(), is(lessThanOrEqualTo(Math.min(1000, 100 + back))));
    }

    @ParameterizedTest
    @EnumSource
    void all_of_a_charge_can_be_given_back(RateAlgorithm algorithm) {
        RateCharge charge = charge(policy("p", algorithm, 10, LONG), "key", 10);
        RateState state = decide(charge).states().get(0);

        limiter().settle(charge, state, 0).join();

        assertThat(look(charge).remaining(), is(10L));
    }

    @ParameterizedTest
    @EnumSource
    void keys_beyond_the_most_share_one_bucket(RateAlgorithm algorithm) {
        RatePolicy policy = RatePolicy.named("p", algorithm, 1, LONG).maxKeys(3).build();
        List<Boolean> granted = new ArrayList<>();
        for (String key : List.of("a", "b", "c", "d", "e", "f")) {
            granted.add(isGranted(decide(charge(policy, key, 1))));
        }

        // three of their own, and what the others share
        assertThat(granted, contains(true, true, true, true, false, false));
    }
}
