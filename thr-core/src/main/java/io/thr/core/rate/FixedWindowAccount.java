package io.thr.core.rate;

import org.jspecify.annotations.Nullable;

/** Counts in a window that begins with the first request. */
final class FixedWindowAccount implements Account {

    private long finish;
    private long used;

    @Override
    public void look(RatePolicy policy, long now, long horizon) {
        if (finish - Account.window(policy) > now + horizon) {
            finish = now + Account.window(policy);
        }
    }

    /** Whether the window has not begun: requests wait for it. */
    private boolean isAhead(RatePolicy policy, long now) {
        return finish - Account.window(policy) > now;
    }

    @Override
    public @Nullable Long frees(RatePolicy policy, long cost, long now, long at) {
        if (cost > policy.capacity()) {
            return null;
        }
        if (at >= finish) {
            return at;
        }
        return used + cost <= policy.capacity() ? Math.max(at, finish - Account.window(policy)) : finish;
    }

    @Override
    public void take(RatePolicy policy, long cost, long now, long at) {
        if (at >= finish) {
            finish = at + Account.window(policy);
            used = cost;
        } else {
            used += cost;
        }
    }

    @Override
    public long remaining(RatePolicy policy, long now) {
        if (finish <= now) {
            return policy.capacity();
        }
        return isAhead(policy, now) ? 0 : Math.max(0, policy.capacity() - used);
    }

    @Override
    public long more(RatePolicy policy, long now) {
        if (finish <= now) {
            return 0;
        }
        boolean begins = isAhead(policy, now) && used < policy.capacity();
        return (begins ? finish - Account.window(policy) : finish) - now;
    }

    @Override
    public long end(RatePolicy policy, long now) {
        return finish;
    }

    @Override
    public void correct(RatePolicy policy, long difference, long untilMillis, long now) {
        // another window is another account; the clock of a state counts in ms
        if (finish > now && Math.abs(finish / 1000 - untilMillis) <= 2) {
            used = Math.max(0, Math.min(used + difference, 2 * policy.capacity()));
        }
    }
}
