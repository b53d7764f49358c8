package io.thr.filter.http;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Choices;
import io.thr.core.Tries;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateDecision.Refused;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import io.thr.filter.rate.RandomRates;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** For how long a refused client is told to stay away: never too short, and with room for chance. */
class RetryAfterTest {

    private static final double JUST_BELOW_1 = Math.nextDown(1.0);

    @ParameterizedTest
    @CsvSource({
        // wait in ms, the least seconds, the most
        "1,         1,     2",
        "999,       1,     2",
        "1000,      1,     2",
        "1001,      2,     3",
        "9001,      10,    11",
        "19000,     19,    20",
        "20000,     20,    22",
        "60000,     60,    66",
        "86400000,  86400, 95040",
    })
    void wait_is_rounded_up_and_chance_adds_a_tenth_or_a_second(long waitMillis, long least, long most) {
        List<RateState> refusing = List.of(exceeded(policy("a"), waitMillis));

        assertThat(RetryAfter.seconds(refusing, 0), is(least));
        assertThat(RetryAfter.seconds(refusing, JUST_BELOW_1), is(most));
    }

    @Test
    void all_seconds_of_the_spread_are_as_likely() {
        List<RateState> refusing = List.of(exceeded(policy("a"), 30_000));

        assertThat(RetryAfter.seconds(refusing, 0.249), is(30L));
        assertThat(RetryAfter.seconds(refusing, 0.25), is(31L));
        assertThat(RetryAfter.seconds(refusing, 0.5), is(32L));
        assertThat(RetryAfter.seconds(refusing, 0.75), is(33L));
    }

    @Test
    void longest_wait_counts() {
        List<RateState> refusing =
                List.of(exceeded(policy("a"), 2_000), exceeded(policy("b"), 5_000), exceeded(policy("c"), 3_000));

        assertThat(RetryAfter.seconds(refusing, 0), is(5L));
    }

    @Test
    void what_never_has_room_waits_for_the_window_or_longer_where_others_say_so() {
        RateState never = exceeded(policy("never"), RateState.NEVER);

        assertThat(RetryAfter.seconds(List.of(never), 0), is(60L));
        assertThat(RetryAfter.seconds(List.of(exceeded(policy("a"), 90_000), never), 0), is(90L));
        assertThat(RetryAfter.seconds(List.of(never, exceeded(policy("a"), 1_000)), 0), is(60L));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1, Double.NaN})
    void chance_is_a_share(double chance) {
        List<RateState> refusing = List.of(exceeded(policy("a"), 1_000));

        assertThrows(IllegalArgumentException.class, () -> RetryAfter.seconds(refusing, chance));
    }

    private record Try(Refused refused, double chance) {}

    @Test
    void field_is_always_an_integer_and_never_earlier_than_the_true_wait() {
        Tries.check(200_000, choices -> new Try(new Refused(RandomRates.states(choices)), chance(choices)), one -> {
            Problem problem = Problem.quotaExceeded(one.refused(), one.chance(), "id");
            String field = problem.headers().first("Retry-After");
            assertThat(field, is(notNullValue()));
            assertThat(field, String.valueOf(field).matches("[1-9][0-9]*"), is(true));
            BigDecimal seconds = new BigDecimal(field);

            BigDecimal longest = BigDecimal.ZERO;
            for (RateState state : one.refused().states()) {
                if (state.waitMillis() != 0 && !state.policy().isSoft()) {
                    longest = longest.max(trueWait(state));
                }
            }
            assertThat(seconds, greaterThanOrEqualTo(longest));
            // rounded up, then a tenth, or one second
            BigDecimal roundedUp = longest.add(BigDecimal.ONE);
            assertThat(
                    seconds,
                    lessThanOrEqualTo(roundedUp.add(roundedUp.movePointLeft(1).max(BigDecimal.ONE))));
        });
    }

    /** Of what waits for ever, the window, or when there is more at all. */
    private static BigDecimal trueWait(RateState state) {
        BigDecimal wait = new BigDecimal(state.waitMillis()).movePointLeft(3);
        if (state.waitMillis() != RateState.NEVER) {
            return wait;
        }
        BigDecimal window = new BigDecimal(state.policy().window().toNanos()).movePointLeft(9);
        return window.max(new BigDecimal(state.moreMillis()).movePointLeft(3));
    }

    private static double chance(Choices choices) {
        return choices.oneIn(4) ? choices.of(0.0, JUST_BELOW_1) : choices.share();
    }

    private static RatePolicy policy(String name) {
        return RatePolicy.named(name, RateAlgorithm.FIXED_WINDOW, 1, Duration.ofMinutes(1))
                .build();
    }

    private static RateState exceeded(RatePolicy policy, long waitMillis) {
        return new RateState(policy, 0, 500, waitMillis, 0);
    }
}
