package io.thr.core.rate;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Remembers when units were used, for as long as the window. */
final class SlidingWindowAccount implements Account {

    /**
     * Units that were used at one time.
     *
     * @param at microseconds
     * @param total of all units up to them
     */
    private record Used(long at, long total) {}

    private final ArrayDeque<Used> log = new ArrayDeque<>();

    /** The total that counts no more. */
    private long expired;

    private long total() {
        return log.isEmpty() ? expired : log.getLast().total();
    }

    private long last() {
        return log.isEmpty() ? 0 : log.getLast().at();
    }

    @Override
    public void look(RatePolicy policy, long now, long horizon) {
        if (last() > now + horizon) {
            Used all = new Used(now, total());
            log.clear();
            log.add(all);
        }
        for (Used first = log.peek(); first != null && first.at() <= now - Account.window(policy); first = log.peek()) {
            expired = Math.max(expired, first.total());
            log.remove();
        }
    }

    @Override
    public @Nullable Long frees(RatePolicy policy, long cost, long now, long at) {
        if (cost > policy.capacity()) {
            return null;
        }
        long mustExpire = total() + cost - policy.capacity();
        long soonest = Math.max(at, last());
        if (expired >= mustExpire) {
            return soonest;
        }
        return Math.max(soonest, firstTo(mustExpire) + Account.window(policy));
    }

    private long firstTo(long reached) {
        for (Used used : log) {
            if (used.total() >= reached) {
                return used.at();
            }
        }
        throw new IllegalStateException("total: " + total() + " (expected: >= " + reached + ")");
    }

    @Override
    public void take(RatePolicy policy, long cost, long now, long at) {
        log.add(new Used(Math.max(at, last()), total() + cost));
    }

    @Override
    public long remaining(RatePolicy policy, long now) {
        long used = total() - expired;
        if (used <= 0) {
            return policy.capacity();
        }
        return last() > now ? 0 : Math.max(0, policy.capacity() - used);
    }

    @Override
    public long more(RatePolicy policy, long now) {
        return total() - expired <= 0 ? 0 : firstTo(expired + 1) + Account.window(policy) - now;
    }

    @Override
    public long end(RatePolicy policy, long now) {
        return last() + Account.window(policy);
    }

    @Override
    public void correct(RatePolicy policy, long difference, long untilMillis, long now) {
        if (difference < 0) {
            // what was used first is given back: it would expire first, so never more fits than should
            if (untilMillis * 1000 > now) {
                expired = Math.min(total(), expired - difference);
            }
            return;
        }
        long more = Math.min(difference, 2 * policy.capacity() - (total() - expired));
        if (more > 0) {
            take(policy, more, now, Math.max(now, last()));
        }
    }
}
