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

    /** How many are looked at in one call. */
    private static final int PAGE = 64;

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
        return inspect(List.of(request)).thenApply(only -> only.get(0));
    }

    /** Where those requests are, in the same order. */
    public CompletableFuture<List<Inspection>> inspect(List<String> requests) {
        List<CompletableFuture<List<Inspection>>> pages = new ArrayList<>();
        for (int from = 0; from < requests.size(); from += PAGE) {
            pages.add(page(requests.subList(from, Math.min(requests.size(), from + PAGE))));
        }
        return CompletableFuture.allOf(pages.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> {
                    List<Inspection> all = new ArrayList<>(requests.size());
                    pages.forEach(page -> all.addAll(page.join()));
                    return all;
                });
    }

    private CompletableFuture<List<Inspection>> page(List<String> requests) {
        return calls.call(INSPECT, SchedulerCalls.NOBODY, List.of(), List.of(), List.copyOf(requests), SOON, reply -> {
            List<Inspection> inspections = new ArrayList<>(requests.size());
            ScheduleReply.list(reply).forEach(one -> inspections.add(inspection(one)));
            return inspections;
        });
    }

    private static Inspection inspection(Object reply) {
        List<?> parts = ScheduleReply.list(reply);
        return switch (ClaimTaker.text(parts.get(0))) {
            case "running" ->
                new Inspection.Running(
                        ClaimTaker.text(parts.get(1)),
                        ClaimTaker.text(parts.get(2)),
                        Instant.ofEpochMilli(ScheduleReply.number(parts.get(3))),
                        ScheduleReply.texts(parts.get(4)));
            case "taken" -> new Inspection.Taken(ClaimTaker.text(parts.get(1)), ClaimTaker.text(parts.get(2)));
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
        String meanRun = ClaimTaker.text(parts.get(8));
        return new Inspection.Waiting(
                ClaimTaker.text(parts.get(1)),
                ScheduleReply.number(parts.get(2)),
                ScheduleReply.number(parts.get(7)) + 1,
                blockedBy.isEmpty() ? null : blockedBy,
                counters,
                Instant.ofEpochMilli(ScheduleReply.number(parts.get(5))),
                ScheduleReply.number(parts.get(6)) == 1,
                meanRun.isEmpty() ? null : Duration.ofNanos(Math.round(Double.parseDouble(meanRun) * 1e6)));
    }
}
