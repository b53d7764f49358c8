package io.thr.filter.rate;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.Tries;
import io.thr.core.message.Headers;
import io.thr.core.rate.OnExceeded;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import io.thr.filter.config.RateHeaderStyle;
import io.thr.filter.rate.StructuredFieldList.Item;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RateHeadersTest {

    private static final long CAP_SECONDS = Duration.ofDays(45).toSeconds();
    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);

    private static final RatePolicy BURST = policy("burst", 100, Duration.ofSeconds(60));
    private static final RatePolicy DAILY = policy("daily", 1000, Duration.ofDays(1));

    private final RateHeaders draft = new RateHeaders(RateHeaderStyle.DRAFT);
    private final RateHeaders legacy = new RateHeaders(RateHeaderStyle.LEGACY);

    // ---- as in the draft

    @Test
    void draft_tells_all_policies_in_the_order_of_their_states() {
        assertThat(
                draft.of(List.of(state(BURST, 50, 29_001), state(DAILY, 999, 86_399_000))),
                contains(
                        field("RateLimit-Policy", "\"burst\";q=100;w=60, \"daily\";q=1000;w=86400"),
                        field("RateLimit", "\"burst\";r=50;t=30, \"daily\";r=999;t=86399")));
    }

    @Test
    void draft_leaves_out_t_where_nothing_more_is_to_come() {
        assertThat(draft.of(List.of(state(BURST, 100, 0))).get(1), is(field("RateLimit", "\"burst\";r=100")));
    }

    @Test
    void draft_rounds_t_up_and_caps_it() {
        assertThat(draft.of(List.of(state(BURST, 0, 1))).get(1), is(field("RateLimit", "\"burst\";r=0;t=1")));
        assertThat(draft.of(List.of(state(BURST, 0, 1000))).get(1), is(field("RateLimit", "\"burst\";r=0;t=1")));
        assertThat(
                draft.of(List.of(state(BURST, 0, Long.MAX_VALUE))).get(1),
                is(field("RateLimit", "\"burst\";r=0;t=3888000")));
    }

    @Test
    void draft_leaves_out_w_where_the_window_is_not_whole_seconds() {
        for (Duration window : List.of(Duration.ofMillis(1500), Duration.ofSeconds(60, 1), Duration.ofMillis(10))) {
            assertThat(
                    draft.of(List.of(state(policy("a", 7, window), 7, 0))).get(0),
                    is(field("RateLimit-Policy", "\"a\";q=7")));
        }
    }

    @Test
    void token_bucket_tells_its_quota_and_all_that_is_in_it() {
        RatePolicy bucket = RatePolicy.named("b", RateAlgorithm.TOKEN_BUCKET, 10, Duration.ofSeconds(5))
                .burst(30)
                .build();

        assertThat(
                draft.of(List.of(state(bucket, 29, 500))),
                contains(field("RateLimit-Policy", "\"b\";q=10;w=5"), field("RateLimit", "\"b\";r=29;t=1")));
    }

    @Test
    void debts_are_told_as_nothing_left() {
        assertThat(draft.of(List.of(state(BURST, -40, 5000))).get(1), is(field("RateLimit", "\"burst\";r=0;t=5")));
        assertThat(legacy.of(List.of(state(BURST, -40, 5000))).get(1), is(field("X-RateLimit-Remaining", "0")));
    }

    @Test
    void policy_that_queues_is_shown() {
        RatePolicy queueing = RatePolicy.named("q", RateAlgorithm.FIXED_WINDOW, 1, Duration.ofSeconds(1))
                .onExceeded(OnExceeded.QUEUE)
                .build();

        assertThat(
                draft.of(List.of(new RateState(queueing, 0, 700, 700, 0))).get(1),
                is(field("RateLimit", "\"q\";r=0;t=1")));
    }

    @ParameterizedTest
    @EnumSource
    void shadow_policies_are_never_shown(RateHeaderStyle style) {
        RatePolicy shadow = RatePolicy.named("s", RateAlgorithm.FIXED_WINDOW, 1, Duration.ofSeconds(1))
                .shadow(true)
                .build();
        RateHeaders headers = new RateHeaders(style);

        assertThat(headers.of(List.of(state(shadow, 0, 1000))), is(empty()));
        assertThat(
                headers.of(List.of(state(shadow, 0, 1000), state(BURST, 3, 2000), state(shadow, 0, 1000))),
                equalTo(headers.of(List.of(state(BURST, 3, 2000)))));
    }

    @ParameterizedTest
    @EnumSource
    void no_state_no_field(RateHeaderStyle style) {
        assertThat(new RateHeaders(style).of(List.of()), is(empty()));
    }

    @Test
    void none_shows_nothing() {
        assertThat(new RateHeaders(RateHeaderStyle.NONE).of(List.of(state(BURST, 1, 1000))), is(empty()));
    }

    // ---- the triple

    @Test
    void triple_is_of_the_policy_with_the_least_share_left() {
        List<RateState> states = List.of(state(DAILY, 60, 1500), state(BURST, 7, 29_001), state(DAILY, 71, 1));

        assertThat(legacy.of(states), equalTo(triple(1000, 60, 2)));
    }

    @Test
    void of_two_that_are_used_up_the_triple_is_of_the_later_one() {
        assertThat(
                legacy.of(List.of(state(BURST, 0, 2000), state(DAILY, 0, 7000), state(BURST, 0, 3000))),
                equalTo(triple(1000, 0, 7)));
    }

    @ParameterizedTest
    @CsvSource({
        // quota, window in ms, remaining, more in ms, the reset that is told
        "5, 60000,  5, 0,     0", // full: it is reset already
        "0, 60000,  0, 0,     60", // never any
        "0, 60001,  0, 0,     61",
        "5, 60000,  0, 0,     60",
        "5, 60000,  4, 59001, 60",
    })
    void triple_is_always_complete(long quota, long windowMillis, long remaining, long moreMillis, long reset) {
        RatePolicy policy = policy("p", quota, Duration.ofMillis(windowMillis));

        assertThat(legacy.of(List.of(state(policy, remaining, moreMillis))), equalTo(triple(quota, remaining, reset)));
    }

    @Test
    void quota_of_nothing_is_scarcer_than_one_that_is_used_up() {
        RatePolicy nothing = policy("nothing", 0, Duration.ofSeconds(9));

        assertThat(legacy.of(List.of(state(BURST, 0, 500), state(nothing, 0, 0))), equalTo(triple(0, 0, 9)));
    }

    // ---- whatever the policies

    @Test
    void every_field_of_the_draft_parses_and_reads_back_the_same() {
        Tries.check(100_000, RandomRates::states, states -> {
            List<Item> policies = new ArrayList<>();
            List<Item> limits = new ArrayList<>();
            for (RateState state : states) {
                if (!state.policy().shadow()) {
                    policies.add(policyItem(state.policy()));
                    limits.add(limitItem(state));
                }
            }
            List<Headers.Field> fields = draft.of(states);
            if (policies.isEmpty()) {
                assertThat(fields, is(empty()));
                return;
            }
            assertThat(fields.stream().map(Headers.Field::name).toList(), contains("RateLimit-Policy", "RateLimit"));
            assertThat(StructuredFieldList.parse(fields.get(0).value()), equalTo(policies));
            assertThat(StructuredFieldList.parse(fields.get(1).value()), equalTo(limits));
        });
    }

    @Test
    void policies_that_share_a_slot_are_never_taken_for_each_other() {
        Tries.check(
                100,
                choices -> choices.list(3_000, 3_000, () -> RandomRates.state(choices, RandomRates.policy(choices))),
                states -> {
                    RateHeaders headers = new RateHeaders(RateHeaderStyle.DRAFT);
                    for (int round = 0; round < 2; round++) {
                        for (RateState state : states) {
                            List<Headers.Field> fields = headers.of(List.of(state));
                            if (!state.policy().shadow()) {
                                assertThat(
                                        StructuredFieldList.parse(fields.get(0).value()),
                                        equalTo(List.of(policyItem(state.policy()))));
                            }
                        }
                    }
                });
    }

    @Test
    void every_triple_is_of_a_shown_policy_that_has_the_least_share_left() {
        Tries.check(100_000, RandomRates::states, states -> {
            List<RateState> shown =
                    states.stream().filter(state -> !state.policy().shadow()).toList();
            List<Headers.Field> fields = legacy.of(states);
            if (shown.isEmpty()) {
                assertThat(fields, is(empty()));
                return;
            }
            assertThat(
                    fields.stream().map(Headers.Field::name).toList(),
                    contains("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"));
            long limit = number(fields.get(0).value());
            long remaining = number(fields.get(1).value());
            long reset = number(fields.get(2).value());
            for (RateState state : shown) {
                long left = Math.max(0, state.remaining());
                // remaining / limit <= left / quota, without dividing
                assertThat(remaining * state.policy().quota(), lessThanOrEqualTo(left * limit));
            }
            assertThat(shown.stream().anyMatch(state -> isTold(state, limit, remaining, reset)), is(true));
        });
    }

    private static boolean isTold(RateState state, long limit, long remaining, long reset) {
        long left = Math.max(0, state.remaining());
        if (state.policy().quota() != limit || left != remaining) {
            return false;
        }
        BigDecimal exact = state.moreMillis() == 0 && left == 0
                ? new BigDecimal(state.policy().window().toNanos()).movePointLeft(9)
                : new BigDecimal(state.moreMillis()).movePointLeft(3);
        BigDecimal early = new BigDecimal(reset).subtract(exact);
        boolean isCapped = reset == CAP_SECONDS && early.signum() <= 0;
        return isCapped || (early.signum() >= 0 && early.compareTo(BigDecimal.ONE) < 0);
    }

    private static Item policyItem(RatePolicy policy) {
        Map<String, Object> parameters = new LinkedHashMap<>(Map.of("q", policy.quota()));
        if (policy.window().toNanos() % 1_000_000_000 == 0) {
            parameters.put("w", policy.window().toNanos() / 1_000_000_000);
        }
        return new Item(policy.name(), parameters);
    }

    private static Item limitItem(RateState state) {
        Map<String, Object> parameters = new LinkedHashMap<>(Map.of("r", Math.max(0, state.remaining())));
        if (state.moreMillis() > 0) {
            long t = new BigDecimal(state.moreMillis())
                    .divide(THOUSAND, RoundingMode.CEILING)
                    .min(BigDecimal.valueOf(CAP_SECONDS))
                    .longValueExact();
            assertThat(t, greaterThan(0L));
            parameters.put("t", t);
        }
        return new Item(state.policy().name(), parameters);
    }

    private static long number(String value) {
        assertThat(value, value.matches("[0-9]{1,15}"), is(true));
        long number = Long.parseLong(value);
        assertThat(number, lessThan(1_000_000_000_000_000L));
        return number;
    }

    private static List<Headers.Field> triple(long limit, long remaining, long reset) {
        return List.of(
                field("X-RateLimit-Limit", String.valueOf(limit)),
                field("X-RateLimit-Remaining", String.valueOf(remaining)),
                field("X-RateLimit-Reset", String.valueOf(reset)));
    }

    private static Headers.Field field(String name, String value) {
        return new Headers.Field(name, value);
    }

    private static RatePolicy policy(String name, long quota, Duration window) {
        return RatePolicy.named(name, RateAlgorithm.FIXED_WINDOW, quota, window).build();
    }

    private static RateState state(RatePolicy policy, long remaining, long moreMillis) {
        return new RateState(policy, remaining, moreMillis, 0, 0);
    }
}
