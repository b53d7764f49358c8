package io.thr.filter.rate;

import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RateState;
import io.thr.filter.rule.RateLimit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts what the policies of the rules have said on this node since it began. Threads may share it. */
public final class RateCounts {

    private volatile Map<String, Counters> policies = Map.of();

    /**
     * What a policy has said.
     *
     * @param granted requests that it had room for
     * @param exceeded requests that it had no room for, whatever became of them: refused, queued, or let through by a shadow
     * @param delayed of those granted, how many had to wait
     * @param undecided requests that could not be decided in Redis
     */
    public record Count(long granted, long exceeded, long delayed, long undecided) {}

    private static final class Counters {

        private final LongAdder granted = new LongAdder();
        private final LongAdder exceeded = new LongAdder();
        private final LongAdder delayed = new LongAdder();
        private final LongAdder undecided = new LongAdder();
    }

    /** Of no policy yet. */
    RateCounts() {}

    /** Counts these from now on, and those of them that have been counted before further. */
    synchronized void expect(List<RateLimit> limits) {
        Map<String, Counters> next = new LinkedHashMap<>();
        for (RateLimit limit : limits) {
            String name = limit.policy().name();
            Counters before = policies.get(name);
            next.put(name, before == null ? new Counters() : before);
        }
        policies = next;
    }

    /** Of each policy, by its name. */
    public Map<String, Count> all() {
        Map<String, Count> all = new LinkedHashMap<>();
        policies.forEach((name, counters) -> all.put(
                name,
                new Count(
                        counters.granted.sum(),
                        counters.exceeded.sum(),
                        counters.delayed.sum(),
                        counters.undecided.sum())));
        return all;
    }

    void decided(RateDecision decision) {
        boolean delayed = decision instanceof RateDecision.Granted granted && granted.delayMillis() > 0;
        boolean granted = decision instanceof RateDecision.Granted;
        for (RateState state : decision.states()) {
            Counters counters = policies.get(state.policy().name());
            if (counters == null) {
                continue;
            }
            if (state.exceeded()) {
                counters.exceeded.increment();
            } else if (granted) {
                counters.granted.increment();
                if (delayed && state.policy().mayDelay()) {
                    counters.delayed.increment();
                }
            }
        }
    }

    void undecided(List<RateCharge> charges) {
        for (RateCharge charge : charges) {
            Counters counters = policies.get(charge.policy().name());
            if (counters != null) {
                counters.undecided.increment();
            }
        }
    }
}
