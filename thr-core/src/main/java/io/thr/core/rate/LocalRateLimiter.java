package io.thr.core.rate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides in this process alone: each policy's quota and burst divided by the number of nodes, rounded down, at least 1. It is
 * what a node does while Redis is away, where its rules say so: together the nodes admit about what they would with Redis, as
 * long as requests come to all of them alike. It never waits. Threads may share it.
 *
 * <p>It has as many keys of a policy as the policy allows; those that come then share one account, until others have expired.
 */
public final class LocalRateLimiter implements RateLimiter {

    private static final long SWEEP_MICROS = 1_000_000;

    private final LongSupplier micros;
    private final IntSupplier nodes;

    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private final Map<String, Keys> policies = new HashMap<>();
    private long horizon;

    /** The accounts of a policy. */
    private static final class Keys {

        private final Map<String, Entry> entries = new HashMap<>();
        private @Nullable Entry rest;
        private long sweptAt;
    }

    /** An account under the policy that it was last used with. */
    private static final class Entry {

        private final Account account;
        private RatePolicy policy;

        Entry(RatePolicy policy) {
            this.account = Account.of(policy.algorithm());
            this.policy = policy;
        }
    }

    /** A charge on its account. */
    private record Use(RatePolicy policy, Account account, long cost) {}

    /**
     * With a clock of its own.
     *
     * @param micros the time: microseconds since the epoch
     * @param nodes how many nodes share the quotas, at least 1
     * @param longestDelay that any policy may cause
     */
    public LocalRateLimiter(LongSupplier micros, IntSupplier nodes, Duration longestDelay) {
        this.micros = micros;
        this.nodes = nodes;
        this.horizon = longestDelay.toMillis() * 1000;
    }

    /** Policies that came later may delay for that long. Where those before may delay for longer, nothing changes. */
    public void mayDelayFor(Duration longestDelay) {
        lock.lock();
        try {
            horizon = Math.max(horizon, longestDelay.toMillis() * 1000);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompletableFuture<RateDecision> decide(List<RateCharge> charges) {
        lock.lock();
        try {
            return CompletableFuture.completedFuture(decideNow(charges, micros.getAsLong()));
        } finally {
            lock.unlock();
        }
    }

    private RateDecision decideNow(List<RateCharge> charges, long now) {
        List<Use> uses = uses(charges, now);
        Long start = startOf(uses, now);
        if (start == null) {
            return new RateDecision.Refused(states(uses, now, true));
        }
        List<Use> over = new ArrayList<>();
        for (Use use : uses) {
            if (use.cost() == 0) {
                continue;
            }
            if (use.policy().isSoft() && !fits(use, now, start)) {
                over.add(use);
            } else {
                use.account().take(use.policy(), use.cost(), now, start);
            }
        }
        List<RateState> states = new ArrayList<>();
        for (Use use : uses) {
            RateState state = state(use, now, 0);
            long wait = over.contains(use) ? Math.max(1, state.moreMillis()) : 0;
            states.add(new RateState(state.policy(), state.remaining(), state.moreMillis(), wait, state.moreAt()));
        }
        return new RateDecision.Granted(states, Account.ceil(start - now, 1000));
    }

    private static boolean fits(Use use, long now, long start) {
        Long frees = use.account().frees(use.policy(), use.cost(), now, start);
        return frees != null && frees == start;
    }

    /** When it may begin, where none must wait longer than its policy allows; null: it cannot. */
    private static @Nullable Long startOf(List<Use> uses, long now) {
        long start = now;
        for (Use use : uses) {
            if (use.policy().isSoft() || use.cost() == 0) {
                continue;
            }
            Long frees = use.account().frees(use.policy(), use.cost(), now, now);
            if (frees == null || frees - now > use.policy().maxDelay().toMillis() * 1000) {
                return null;
            }
            start = Math.max(start, frees);
        }
        return start;
    }

    private List<Use> uses(List<RateCharge> charges, long now) {
        List<Use> uses = new ArrayList<>(charges.size());
        for (RateCharge charge : charges) {
            RatePolicy share = share(charge.policy());
            Account account = account(share, charge.key(), now);
            account.look(share, now, horizon);
            uses.add(new Use(share, account, charge.cost()));
        }
        return uses;
    }

    private RatePolicy share(RatePolicy policy) {
        int divisor = Math.max(1, nodes.getAsInt());
        if (divisor == 1 || policy.quota() == 0) {
            return policy;
        }
        return policy.withQuota(
                Math.max(1, policy.quota() / divisor), Math.min(policy.burst(), Math.max(1, policy.burst() / divisor)));
    }

    private Account account(RatePolicy policy, String key, long now) {
        Keys keys = policies.computeIfAbsent(policy.name(), name -> new Keys());
        Entry entry = keys.entries.get(key);
        if (entry == null) {
            sweep(keys, now);
            if (keys.entries.size() < policy.maxKeys()) {
                entry = new Entry(policy);
                keys.entries.put(key, entry);
            } else {
                entry = keys.rest == null ? new Entry(policy) : keys.rest;
                keys.rest = entry;
            }
        }
        entry.policy = policy;
        return entry.account;
    }

    /** Forgets what has expired, once a second at most, when a new key comes. */
    private static void sweep(Keys keys, long now) {
        if (Math.abs(now - keys.sweptAt) < SWEEP_MICROS) {
            return;
        }
        keys.sweptAt = now;
        for (Iterator<Entry> all = keys.entries.values().iterator(); all.hasNext(); ) {
            Entry entry = all.next();
            if (entry.account.end(entry.policy, now) <= now) {
                all.remove();
            }
        }
    }

    private static List<RateState> states(List<Use> uses, long now, boolean asked) {
        List<RateState> states = new ArrayList<>(uses.size());
        for (Use use : uses) {
            states.add(state(use, now, asked ? wait(use, now) : 0));
        }
        return states;
    }

    private static long wait(Use use, long now) {
        if (use.cost() == 0) {
            return 0;
        }
        Long frees = use.account().frees(use.policy(), use.cost(), now, now);
        return frees == null ? RateState.NEVER : Account.ceil(frees - now, 1000);
    }

    private static RateState state(Use use, long now, long waitMillis) {
        long more = Account.ceil(use.account().more(use.policy(), now), 1000);
        return new RateState(
                use.policy(), use.account().remaining(use.policy(), now), more, waitMillis, now / 1000 + more);
    }

    @Override
    public CompletableFuture<List<RateState>> peek(List<RateCharge> charges) {
        lock.lock();
        try {
            long now = micros.getAsLong();
            return CompletableFuture.completedFuture(states(uses(charges, now), now, true));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompletableFuture<Void> settle(RateCharge charge, RateState state, long cost) {
        lock.lock();
        try {
            long now = micros.getAsLong();
            Use use = uses(List.of(charge), now).get(0);
            use.account().correct(use.policy(), cost - charge.cost(), state.countsUntil(), now);
            return CompletableFuture.completedFuture(null);
        } finally {
            lock.unlock();
        }
    }
}
