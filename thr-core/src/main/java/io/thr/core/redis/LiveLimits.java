package io.thr.core.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** The limits of a bus as they are now: the maxima in force, how many run, how many wait for each. Threads may share it. */
public final class LiveLimits {

    private static final LuaScript LIMITS_SET = LuaScript.load("limits_set");
    private static final Patience SOON = Patience.repeatable(Duration.ofSeconds(2));

    private final Redis redis;
    private final RedisKeys keys;
    private final SchedulerCalls calls;
    private final FlowScan flows;

    /** For that bus. */
    public LiveLimits(Redis redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
        this.calls = new SchedulerCalls(redis, keys);
        this.flows = new FlowScan(redis, keys);
    }

    /**
     * Sets the configured maxima on the bus, and lets those look again who waited for one that is higher now. What runs is
     * not touched, and a maximum that somebody has set instead stays in force ({@link BusControl#setLimit}).
     *
     * @param removed limits that are no more
     */
    public CompletableFuture<Void> set(Map<String, Integer> maxima, Collection<String> removed) {
        List<Object> arguments = new ArrayList<>(List.of("configured"));
        maxima.forEach((limit, max) -> {
            arguments.add(limit);
            arguments.add(max);
        });
        removed.forEach(limit -> {
            arguments.add(limit);
            arguments.add("");
        });
        if (arguments.size() == 1) {
            return CompletableFuture.completedFuture(null);
        }
        return change(arguments).thenApply(changed -> null);
    }

    /** Sets that maximum instead of the configured one; false: there is no such limit. */
    CompletableFuture<Boolean> override(String limit, int max) {
        return change(List.of("set", limit, max)).thenApply(changed -> changed > 0);
    }

    /** Puts the configured maximum in force again; false: it is. */
    CompletableFuture<Boolean> reset(String limit) {
        return change(List.of("reset", limit, "")).thenApply(changed -> changed > 0);
    }

    private CompletableFuture<Long> change(List<Object> arguments) {
        return call(arguments).thenCompose(first -> lookAgain(arguments, first).thenApply(done -> first.changed));
    }

    private CompletableFuture<Void> lookAgain(List<Object> arguments, Change last) {
        return last.more
                ? call(arguments).thenCompose(next -> lookAgain(arguments, next))
                : CompletableFuture.completedFuture(null);
    }

    private record Change(boolean more, long changed) {}

    private CompletableFuture<Change> call(List<Object> arguments) {
        return calls.call(
                LIMITS_SET, SchedulerCalls.NOBODY, List.of(), List.of(keys.overridden()), arguments, SOON, reply -> {
                    List<?> parts = ScheduleReply.list(reply);
                    var unusedWake = calls.wake(ScheduleReply.texts(parts.get(1)));
                    return new Change(parts.get(0).equals(1L), ScheduleReply.number(parts.get(2)));
                });
    }

    /** The maxima in force. */
    public CompletableFuture<Map<String, Integer>> inForce() {
        return redis.bulkCall(Command.of("HGETALL", keys.limits()), SOON, reply -> {
            Map<String, Integer> limits = new TreeMap<>();
            ScheduleReply.pairs(reply, (limit, max) -> limits.put(limit, Integer.valueOf(max)));
            return limits;
        });
    }

    /** How many run in each counter now; none where none does. */
    public CompletableFuture<Map<String, Long>> counts() {
        return redis.bulkCall(Command.of("HGETALL", keys.counts()), SOON, reply -> {
            Map<String, Long> counts = new TreeMap<>();
            ScheduleReply.pairs(reply, (counter, count) -> counts.put(counter, Long.valueOf(count)));
            return counts;
        });
    }

    /** How many wait for each counter now, each for one. Asks in pages, so it is not one moment's picture. */
    public CompletableFuture<Map<String, Long>> blocked() {
        return flows.all().thenApply(rows -> {
            Map<String, Long> blocked = new TreeMap<>();
            rows.forEach(row -> {
                if (row.parkedFor() != null) {
                    blocked.merge(row.parkedFor(), row.waiting(), Long::sum);
                }
            });
            return blocked;
        });
    }
}
