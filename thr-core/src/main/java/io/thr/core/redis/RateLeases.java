package io.thr.core.redis;

import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RateState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Units that this node has charged in advance, to grant without asking: of policies that allow a lease. A node holds at most
 * one lease for the same charges, for a second at most, then gives back what is left. So what is admitted in an interval may
 * pass the algorithm's own bound by the lease of each node, and no more: units that were charged before the interval began.
 * Threads may share it.
 */
final class RateLeases {

    /** How long units are kept. */
    static final long MILLIS = 1000;

    private static final int MAX = 10_000;

    private final Map<List<RateCharge>, Lease> leases = new ConcurrentHashMap<>();
    private final BiFunction<List<RateCharge>, Lease, CompletableFuture<Void>> giveBack;

    /** Units left of the same charges. Guarded by itself. */
    static final class Lease {

        private final List<RateState> states;
        private final long untilNanos;
        private int units;

        Lease(List<RateState> states, int units, long untilNanos) {
            this.states = states;
            this.units = units;
            this.untilNanos = untilNanos;
        }

        List<RateState> states() {
            return states;
        }

        synchronized boolean takeOne(long now) {
            if (units == 0 || untilNanos - now <= 0) {
                return false;
            }
            units--;
            return true;
        }

        /** All that is left; nothing is left after it. */
        synchronized int takeAll() {
            int all = units;
            units = 0;
            return all;
        }

        synchronized boolean isOver(long now) {
            return units == 0 || untilNanos - now <= 0;
        }
    }

    /**
     * With what is to be done with a lease that is over; never fails.
     */
    RateLeases(BiFunction<List<RateCharge>, Lease, CompletableFuture<Void>> giveBack) {
        this.giveBack = giveBack;
    }

    /** For how many more than are asked for these charges are to be made; 0 where one of the policies allows no lease. */
    int wanted(List<RateCharge> charges) {
        int least = Integer.MAX_VALUE;
        for (RateCharge charge : charges) {
            least = Math.min(least, charge.policy().lease());
        }
        return least > 0 && leases.size() >= MAX ? 0 : least;
    }

    /** Grants from a lease; null where there is none. */
    @Nullable
    RateDecision take(List<RateCharge> charges) {
        if (leases.isEmpty()) {
            return null;
        }
        Lease lease = leases.get(charges);
        return lease != null && lease.takeOne(System.nanoTime()) ? new RateDecision.Granted(lease.states(), 0) : null;
    }

    /** Keeps units that have been charged. */
    void keep(List<RateCharge> charges, int units, RateCall.Answered answered) {
        List<RateState> states = new ArrayList<>(answered.states().size());
        for (RateState state : answered.states()) {
            states.add(new RateState(state.policy(), state.remaining(), state.moreMillis(), 0, state.moreAt()));
        }
        Lease lease = new Lease(states, units, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MILLIS));
        Lease before = leases.put(charges, lease);
        if (before != null) {
            var unused = giveBack.apply(charges, before);
        }
    }

    /** Gives back what is over. */
    void sweep() {
        long now = System.nanoTime();
        for (Iterator<Map.Entry<List<RateCharge>, Lease>> all =
                        leases.entrySet().iterator();
                all.hasNext(); ) {
            Map.Entry<List<RateCharge>, Lease> entry = all.next();
            if (entry.getValue().isOver(now)) {
                all.remove();
                var unused = giveBack.apply(entry.getKey(), entry.getValue());
            }
        }
    }

    /** Gives back everything; completed when that is done, or cannot be. */
    CompletableFuture<Void> close() {
        List<CompletableFuture<Void>> given = new ArrayList<>();
        for (List<RateCharge> charges : List.copyOf(leases.keySet())) {
            Lease lease = leases.remove(charges);
            if (lease != null) {
                given.add(giveBack.apply(charges, lease));
            }
        }
        return CompletableFuture.allOf(given.toArray(CompletableFuture<?>[]::new));
    }
}
