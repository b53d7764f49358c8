package io.thr.core.redis;

import io.thr.core.schedule.Inspection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Looks at tickets of a bus and changes nothing. Threads may share it. */
public final class Inspector {

    private static final LuaScript INSPECT = LuaScript.load("inspect");
    private static final Patience SOON = Patience.repeatable(Duration.ofSeconds(2));

    private final SchedulerCalls calls;

    /** For that bus. */
    public Inspector(Redis redis, RedisKeys keys) {
        calls = new SchedulerCalls(redis, keys);
    }

    /**
     * Where that request is.
     *
     * @param request its name: {@link RequestCancel#requestName}
     */
    public CompletableFuture<Inspection> inspect(String request) {
        return calls.call(
                INSPECT, SchedulerCalls.NOBODY, List.of(), List.of(), List.of(request), SOON, Inspector::inspection);
    }

    private static Inspection inspection(Object reply) {
        List<?> parts = ScheduleReply.list(reply);
        return switch (ClaimTaker.text(parts.get(0))) {
            case "running" ->
                new Inspection.Running(
                        ClaimTaker.text(parts.get(1)), Instant.ofEpochMilli(ScheduleReply.number(parts.get(2))));
            case "taken" -> new Inspection.Taken(ClaimTaker.text(parts.get(1)));
            case "waiting" -> waiting(parts);
            default -> new Inspection.Unknown();
        };
    }

    private static Inspection waiting(List<?> parts) {
        List<Inspection.Usage> counters = new ArrayList<>();
        List<?> usage = ScheduleReply.list(parts.get(4));
        for (int i = 0; i + 2 < usage.size(); i += 3) {
            String max = ClaimTaker.text(usage.get(i + 2));
            counters.add(new Inspection.Usage(
                    ClaimTaker.text(usage.get(i)),
                    ScheduleReply.number(usage.get(i + 1)),
                    max.isEmpty() ? null : Integer.valueOf(max)));
        }
        String blockedBy = ClaimTaker.text(parts.get(3));
        return new Inspection.Waiting(
                ClaimTaker.text(parts.get(1)),
                ScheduleReply.number(parts.get(2)),
                blockedBy.isEmpty() ? null : blockedBy,
                counters);
    }
}
