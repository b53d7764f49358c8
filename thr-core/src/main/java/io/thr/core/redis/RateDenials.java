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

    private record Denial(RatePolicy policy, long cost, long remaining, long untilNanos, long moreNanos, long moreAt) {}

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
        if (charge.cost() < denial.cost) {
            return null;
        }
        return new RateState(
                denial.policy,
                denial.remaining,
                Math.max(1, millis(denial.moreNanos - now)),
                millis(left),
                denial.moreAt);
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
            boolean never = state.waitMillis() == RateState.NEVER;
            long wait = never
                    ? SHORT_MILLIS
                    : state.waitMillis() - policy.maxDelay().toMillis();
            if (shared || policy.lease() > 0) {
                wait = Math.min(wait, SHORT_MILLIS);
            }
            // the server rounds its milliseconds up
            long until = askedNanos + TimeUnit.MILLISECONDS.toNanos(wait - 1);
            if (wait > 1 && !never && hasRoom()) {
                RateCharge charge = charges.get(i);
                long moreNanos = askedNanos + TimeUnit.MILLISECONDS.toNanos(state.moreMillis());
                denials.put(
                        charge.key(),
                        new Denial(policy, charge.cost(), state.remaining(), until, moreNanos, state.moreAt()));
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
