package io.thr.core.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The limits of a bus as they are now: the maxima in force, how many run, how many wait for each. Threads may share it. */
public final class LiveLimits {

    private static final LuaScript LIMITS_SET = LuaScript.load("limits_set");
    private static final Patience SOON = Patience.repeatable(Duration.ofSeconds(2));
    private static final int PAGE = 500;

    /** How many wait in a flow, and the counter it is parked for. */
    private static final Pattern PARKED = Pattern.compile("^([0-9]+)p([^\u001d]*)\u001d");

    private final Redis redis;
    private final RedisKeys keys;
    private final SchedulerCalls calls;

    /** For that bus. */
    public LiveLimits(Redis redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
        this.calls = new SchedulerCalls(redis, keys);
    }

    /**
     * Sets maxima in force on the bus, and lets those look again who waited for one that is higher now. What runs is not
     * touched.
     *
     * @param removed limits that are no more
     */
    public CompletableFuture<Void> set(Map<String, Integer> maxima, Collection<String> removed) {
        List<Object> arguments = new ArrayList<>();
        maxima.forEach((limit, max) -> {
            arguments.add(limit);
            arguments.add(max);
        });
        removed.forEach(limit -> {
            arguments.add(limit);
            arguments.add("");
        });
        if (arguments.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return set(arguments);
    }

    private CompletableFuture<Void> set(List<Object> arguments) {
        return calls.call(LIMITS_SET, SchedulerCalls.NOBODY, List.of(), List.of(), arguments, SOON, reply -> {
                    List<?> parts = ScheduleReply.list(reply);
                    var unusedWake = calls.wake(ScheduleReply.texts(parts.get(1)));
                    return parts.get(0).equals(1L);
                })
                .thenCompose(more -> more ? set(arguments) : CompletableFuture.completedFuture(null));
    }

    /** The maxima in force. */
    public CompletableFuture<Map<String, Integer>> inForce() {
        return redis.bulkCall(Command.of("HGETALL", keys.limits()), SOON, reply -> {
            Map<String, Integer> limits = new TreeMap<>();
            pairs(reply, (limit, max) -> limits.put(limit, Integer.valueOf(max)));
            return limits;
        });
    }

    /** How many run in each counter now; none where none does. */
    public CompletableFuture<Map<String, Long>> counts() {
        return redis.bulkCall(Command.of("HGETALL", keys.counts()), SOON, reply -> {
            Map<String, Long> counts = new TreeMap<>();
            pairs(reply, (counter, count) -> counts.put(counter, Long.valueOf(count)));
            return counts;
        });
    }

    /** How many wait for each counter now, each for one. Asks in pages, so it is not one moment's picture. */
    public CompletableFuture<Map<String, Long>> blocked() {
        return blocked("0", new TreeMap<>());
    }

    private CompletableFuture<Map<String, Long>> blocked(String cursor, Map<String, Long> blocked) {
        return redis.bulkCall(Command.of("HSCAN", keys.flows(), cursor, "COUNT", PAGE), SOON, reply -> {
                    List<?> parts = ScheduleReply.list(reply);
                    pairs(parts.get(1), (flow, state) -> {
                        Matcher parked = PARKED.matcher(state);
                        if (parked.find()) {
                            blocked.merge(parked.group(2), Long.valueOf(parked.group(1)), Long::sum);
                        }
                    });
                    return ClaimTaker.text(parts.get(0));
                })
                .thenCompose(
                        next -> next.equals("0") ? CompletableFuture.completedFuture(blocked) : blocked(next, blocked));
    }

    private static void pairs(Object reply, BiConsumer<String, String> each) {
        if (reply instanceof Map<?, ?> map) {
            map.forEach((field, value) -> each.accept(ClaimTaker.text(field), ClaimTaker.text(value)));
            return;
        }
        List<String> texts = ScheduleReply.texts(reply);
        for (int i = 0; i + 1 < texts.size(); i += 2) {
            each.accept(texts.get(i), texts.get(i + 1));
        }
    }
}
