package io.thr.core.redis;

import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Remembers which keys are over their limit, and until when, so that they cost Redis nothing until then. Nothing but time
 * makes room for them, or a changed policy, which is another one here. Threads may share it.
 */
final class RateDenials {

    /** More are not remembered: Redis is asked. */
    private static final int MAX = 100_000;

    /** What may be freed by other things than time is looked at again after that. */
    private static final long SHORT_MILLIS = 1000;

    private final Map<String, Denial> denials = new ConcurrentHashMap<>();
    private final AtomicLong sweptNanos = new AtomicLong(System.nanoTime());

    /**
     * @param untilNanos until when there is no room for sure
     * @param roomNanos when there is room for sure, so that nobody who is told comes too early; a little later than the other,
     *     as the server's answer was on its way, and it does not say when in between it decided
     * @param moreNanos likewise when there is more
     */
    private record Denial(
            RatePolicy policy,
            long cost,
            long remaining,
            long untilNanos,
            long roomNanos,
            long moreNanos,
            long moreAt) {

        /** A smaller cost that is refused says more than a larger one. */
        boolean coversMoreThan(Denial other, long now) {
            return cost < other.cost && untilNanos - now > 0 && policy.equals(other.policy);
        }
    }

    /** The states that refuse one of these charges, as far as is known without asking; empty where none does. */
    List<RateState> of(List<RateCharge> charges) {
        if (denials.isEmpty()) {
            return List.of();
        }
        List<RateState> refusing = List.of();
        for (RateCharge charge : charges) {
            RateState state = of(charge);
            if (state != null) {
                refusing = refusing.isEmpty() ? new ArrayList<>(charges.size()) : refusing;
                refusing.add(state);
            }
        }
        return refusing;
    }

    private @Nullable RateState of(RateCharge charge) {
        Denial denial = denials.get(charge.key());
        if (denial == null) {
            return null;
        }
        long now = System.nanoTime();
        long left = denial.untilNanos - now;
        if (left <= 0 || !denial.policy.equals(charge.policy())) {
            denials.remove(charge.key(), denial);
            return null;
        }
        long later = laterNanos(denial, charge.cost());
        if (later < 0) {
            return null;
        }
        return new RateState(
                denial.policy,
                denial.remaining,
                Math.max(1, millis(denial.moreNanos - now)),
                millis(denial.roomNanos + later - now),
                denial.moreAt);
    }

    /** How much later than for what was refused there is room for that cost; negative where the server has to be asked. */
    private static long laterNanos(Denial denial, long cost) {
        RatePolicy policy = denial.policy;
        if (cost == denial.cost) {
            return 0;
        }
        if (cost < denial.cost || cost > policy.capacity()) {
            return -1;
        }
        return switch (policy.algorithm()) {
            // all comes back at once, but for what is delayed into that window already
            case FIXED_WINDOW -> policy.maxDelay().isZero() ? 0 : -1;
            case SLIDING_WINDOW -> -1;
            case TOKEN_BUCKET -> (cost - denial.cost) * policy.nanosPerToken();
        };
    }

    /** Rounded up, so that nobody comes too early. */
    private static long millis(long nanos) {
        return (nanos + 999_999) / 1_000_000;
    }

    /**
     * Remembers a refusal.
     *
     * @param askedNanos when the server was asked, at the latest: from then on its waits are counted, so that none is longer
     *     here than there
     * @param shared whether the state may be of what others share
     */
    void refused(List<RateCharge> charges, List<RateState> states, long askedNanos, boolean shared) {
        for (int i = 0; i < states.size(); i++) {
            RateState state = states.get(i);
            RatePolicy policy = state.policy();
            if (!state.exceeded() || policy.isSoft() || policy.settled()) {
                continue;
            }
            if (state.waitMillis() == RateState.NEVER) {
                continue;
            }
            long wait = state.waitMillis() - policy.maxDelay().toMillis();
            if (shared || policy.lease() > 0) {
                wait = Math.min(wait, SHORT_MILLIS);
            }
            if (wait > 1 && hasRoom()) {
                RateCharge charge = charges.get(i);
                long now = System.nanoTime();
                // the server rounds its milliseconds up
                Denial denial = new Denial(
                        policy,
                        charge.cost(),
                        state.remaining(),
                        askedNanos + TimeUnit.MILLISECONDS.toNanos(wait - 1),
                        now + TimeUnit.MILLISECONDS.toNanos(state.waitMillis()),
                        now + TimeUnit.MILLISECONDS.toNanos(state.moreMillis()),
                        state.moreAt());
                denials.merge(charge.key(), denial, (old, fresh) -> old.coversMoreThan(fresh, now) ? old : fresh);
            }
        }
    }

    private boolean hasRoom() {
        if (denials.size() < MAX) {
            return true;
        }
        long now = System.nanoTime();
        long last = sweptNanos.get();
        if (now - last >= TimeUnit.MILLISECONDS.toNanos(SHORT_MILLIS) && sweptNanos.compareAndSet(last, now)) {
            denials.values().removeIf(denial -> denial.untilNanos - now <= 0);
        }
        return denials.size() < MAX;
    }
}
