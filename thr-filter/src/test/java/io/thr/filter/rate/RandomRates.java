package io.thr.filter.rate;

import io.thr.core.Choices;
import io.thr.core.rate.OnExceeded;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import java.time.Duration;
import java.util.List;

/** Policies and their states by chance, those among them that no limiter should ever tell. */
public final class RandomRates {

    private static final String NAME = "aZ09bcdefghijklmnopqrstuvwxyABCDEFGHIJKLMNOPQRSTUVWXY12345678._-";

    private RandomRates() {}

    /** A policy that is valid. */
    public static RatePolicy policy(Choices choices) {
        RateAlgorithm algorithm = choices.of(RateAlgorithm.values());
        // a bucket's time to fill is rounded up, and must stay below the longest window
        Duration window =
                window(choices, algorithm == RateAlgorithm.TOKEN_BUCKET ? Duration.ofDays(40) : RatePolicy.MAX_WINDOW);
        long quota = switch (algorithm) {
            case FIXED_WINDOW -> choices.between(0, RatePolicy.MAX_QUOTA);
            case SLIDING_WINDOW -> choices.between(0, RatePolicy.MAX_LOG);
            // any window takes that many, and a burst of as many again
            case TOKEN_BUCKET -> choices.between(0, 1_000);
        };
        RatePolicy.Builder policy = RatePolicy.named(choices.text(NAME, 1, 10, 64), algorithm, quota, window)
                .onExceeded(choices.of(OnExceeded.values()))
                .shadow(choices.oneIn(4))
                .settled(choices.oneIn(4));
        if (algorithm == RateAlgorithm.TOKEN_BUCKET && choices.oneIn(2)) {
            policy.burst(choices.between(0, quota));
        }
        return policy.build();
    }

    private static Duration window(Choices choices, Duration longest) {
        return switch (choices.index(3)) {
            case 0 -> Duration.ofSeconds(choices.between(1, longest.toSeconds()));
            case 1 -> Duration.ofMillis(choices.between(10, longest.toMillis()));
            default -> Duration.ofNanos(choices.between(10_000_000, longest.toNanos()));
        };
    }

    /** A state of that policy. */
    public static RateState state(Choices choices, RatePolicy policy) {
        return new RateState(
                policy,
                choices.between(-RatePolicy.MAX_QUOTA, policy.capacity()),
                choices.oneIn(4) ? 0 : millis(choices),
                choices.of(0L, RateState.NEVER, millis(choices)),
                0);
    }

    /** States of 0 to 16 policies. */
    public static List<RateState> states(Choices choices) {
        return choices.list(0, 16, () -> state(choices, policy(choices)));
    }

    private static long millis(Choices choices) {
        return choices.oneIn(8) ? choices.between(0, Long.MAX_VALUE) : choices.between(0, 200_000);
    }
}
