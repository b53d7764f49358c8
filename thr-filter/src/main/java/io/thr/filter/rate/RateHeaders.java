package io.thr.filter.rate;

import io.thr.core.message.Headers;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import io.thr.filter.config.RateHeaderStyle;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Makes the fields that tell a client how its quotas stand. They are for every response, granted or refused. Shadow policies
 * are never shown: they are not yet the client's concern.
 *
 * <p>What is left is told as it is: of a token bucket whose burst is above its quota, more than the quota at times. After how
 * long there will be more is rounded up to whole seconds, so that nobody comes too early.
 *
 * <p>It runs for each response, and policies are many where each tenant has its own quota. So the text of a policy is kept, in
 * a fixed number of slots: whoever comes to a slot that another policy holds, takes it. Threads may share it.
 */
public final class RateHeaders {

    private static final String LIMIT = "X-RateLimit-Limit";
    private static final String REMAINING = "X-RateLimit-Remaining";
    private static final String RESET = "X-RateLimit-Reset";

    /** A power of two. */
    private static final int SLOTS = 1024;
    /** Nobody is told to stay away for longer, whatever was borrowed from the windows to come. */
    private static final long MAX_RESET_SECONDS = RatePolicy.MAX_WINDOW.toSeconds();

    private final RateHeaderStyle style;
    private final AtomicReferenceArray<@Nullable PolicyText> texts = new AtomicReferenceArray<>(SLOTS);

    /** In that style. */
    public RateHeaders(RateHeaderStyle style) {
        this.style = style;
    }

    /**
     * What both fields of the draft say of a policy, whoever asks.
     *
     * @param policy which
     * @param name its name, quoted
     * @param item its item of {@code RateLimit-Policy}
     */
    private record PolicyText(RatePolicy policy, String name, String item) {

        static PolicyText of(RatePolicy policy) {
            String name = StructuredFields.string(policy.name());
            String item = name + ";q=" + policy.quota();
            // The draft knows whole seconds only; without a window the quota is still true.
            Duration seconds = policy.window().truncatedTo(ChronoUnit.SECONDS);
            boolean isWhole = seconds.equals(policy.window());
            return new PolicyText(policy, name, isWhole ? item + ";w=" + seconds.toSeconds() : item);
        }
    }

    /** The fields for a response to a request that left its policies in these states; none where there is nothing to tell. */
    public List<Headers.Field> of(List<RateState> states) {
        return switch (style) {
            case DRAFT -> draft(states);
            case LEGACY -> legacy(states);
            case NONE -> List.of();
        };
    }

    private List<Headers.Field> draft(List<RateState> states) {
        StringBuilder policies = new StringBuilder();
        StringBuilder limits = new StringBuilder();
        for (RateState state : states) {
            if (state.policy().shadow()) {
                continue;
            }
            if (limits.length() > 0) {
                policies.append(", ");
                limits.append(", ");
            }
            PolicyText text = text(state.policy());
            policies.append(text.item());
            limits.append(text.name()).append(";r=").append(remaining(state));
            if (state.moreMillis() > 0) {
                limits.append(";t=").append(resetSeconds(state.moreMillis()));
            }
        }
        // An empty list is told by leaving the field out (RFC 9651 §3.1).
        return limits.length() == 0
                ? List.of()
                : List.of(
                        new Headers.Field("RateLimit-Policy", policies.toString()),
                        new Headers.Field("RateLimit", limits.toString()));
    }

    private PolicyText text(RatePolicy policy) {
        int hash = policy.hashCode();
        int slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
        PolicyText kept = texts.get(slot);
        if (kept != null && kept.policy().equals(policy)) {
            return kept;
        }
        PolicyText made = PolicyText.of(policy);
        texts.set(slot, made);
        return made;
    }

    private static List<Headers.Field> legacy(List<RateState> states) {
        RateState scarcest = null;
        for (RateState state : states) {
            if (!state.policy().shadow() && (scarcest == null || isScarcer(state, scarcest))) {
                scarcest = state;
            }
        }
        if (scarcest == null) {
            return List.of();
        }
        return List.of(
                new Headers.Field(LIMIT, Long.toString(scarcest.policy().quota())),
                new Headers.Field(REMAINING, Long.toString(remaining(scarcest))),
                new Headers.Field(RESET, Long.toString(legacyReset(scarcest))));
    }

    private static boolean isScarcer(RateState state, RateState other) {
        int order = Double.compare(shareLeft(state), shareLeft(other));
        return order < 0 || (order == 0 && state.moreMillis() > other.moreMillis());
    }

    /** A quota of nothing is scarcer than any that is used up. */
    private static double shareLeft(RateState state) {
        long quota = state.policy().quota();
        return quota == 0 ? -1 : (double) remaining(state) / quota;
    }

    /** The triple is always complete: where nothing is left and no more will come, it names the window. */
    private static long legacyReset(RateState state) {
        if (state.moreMillis() <= 0 && remaining(state) == 0) {
            return state.policy().window().plusNanos(999_999_999).toSeconds();
        }
        return resetSeconds(state.moreMillis());
    }

    /** Debts are carried on, but there is no field for less than nothing. */
    private static long remaining(RateState state) {
        return Math.max(0, state.remaining());
    }

    private static long resetSeconds(long millis) {
        long roundedUp = -Math.floorDiv(-Math.max(0, millis), 1000L);
        return Math.min(roundedUp, MAX_RESET_SECONDS);
    }
}
