package io.thr.core.rate;

import org.jspecify.annotations.Nullable;

/** Keeps when the bucket is full again: microseconds and, since tokens come faster, nanoseconds over them. */
final class TokenBucketAccount implements Account {

    private long fullMicros;
    private long fullNanos;

    /** The time that the bucket takes to be full again, in nanoseconds. */
    private long backlog(long now) {
        return Math.max(0, (fullMicros - now) * 1000 + fullNanos);
    }

    private void backlog(long now, long nanos) {
        fullMicros = now + nanos / 1000;
        fullNanos = nanos % 1000;
    }

    private static long token(RatePolicy policy) {
        return policy.quota() == 0 ? 0 : policy.nanosPerToken();
    }

    @Override
    public void look(RatePolicy policy, long now, long horizon) {
        long most = policy.capacity() * token(policy) * (policy.settled() ? 2 : 1) + horizon * 1000;
        if (backlog(now) > most) {
            backlog(now, most);
        }
    }

    @Override
    public @Nullable Long frees(RatePolicy policy, long cost, long now, long at) {
        if (cost > policy.capacity()) {
            return null;
        }
        return Math.max(at, now + Account.ceil(backlog(now) + (cost - policy.capacity()) * token(policy), 1000));
    }

    @Override
    public void take(RatePolicy policy, long cost, long now, long at) {
        backlog(now, Math.max(backlog(now), (at - now) * 1000) + cost * token(policy));
    }

    @Override
    public long remaining(RatePolicy policy, long now) {
        if (policy.capacity() == 0) {
            return 0;
        }
        return Math.max(0, Math.floorDiv(policy.capacity() * token(policy) - backlog(now), token(policy)));
    }

    @Override
    public long more(RatePolicy policy, long now) {
        if (policy.capacity() == 0 || backlog(now) == 0) {
            return 0;
        }
        long missing = policy.capacity() - remaining(policy, now) - 1;
        return Account.ceil(backlog(now) - missing * token(policy), 1000);
    }

    @Override
    public long end(RatePolicy policy, long now) {
        return fullMicros + 1;
    }

    @Override
    public void correct(RatePolicy policy, long difference, long untilMillis, long now) {
        long before = backlog(now);
        // what has come back by itself is not given back again; the clock of a state counts in ms
        long counted = Math.max(0, (untilMillis + 2) * 1000 - now) * 1000;
        long change = Math.max(difference * token(policy), -counted);
        long after = Math.max(0, Math.min(before + change, 2 * policy.capacity() * token(policy)));
        if (after != before) {
            backlog(now, after);
        }
    }
}
