package io.thr.core.redis;

import io.thr.core.bus.BusState;
import io.thr.core.bus.BusState.Counter;
import io.thr.core.bus.BusState.Limit;
import io.thr.core.bus.BusState.Member;
import io.thr.core.bus.BusState.Queue;
import io.thr.core.bus.BusState.RunningRequest;
import io.thr.core.bus.BusState.WaitingFlow;
import io.thr.core.bus.MemberReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@link BusReader} has read, and what follows from it.
 *
 * @param at the server's time
 * @param flows all that wait
 * @param heads flow to since when its first ticket waits, of those that come first
 * @param running what runs, what began first first
 * @param owned queue by claim, of all members
 * @param withheld counter to how many of its slots are kept for requests of lost members
 * @param listed queue to how many messages its list has
 * @param dead queue to how many dead letters it has
 */
record BusSnapshot(
        Instant at,
        Map<String, Long> leases,
        Map<String, MemberReport> reports,
        Map<String, Map<String, String>> owned,
        Map<String, Integer> limits,
        Map<String, Integer> configured,
        Map<String, Long> counts,
        Map<String, Instant> paused,
        Map<String, Duration> pace,
        List<FlowScan.Row> flows,
        Map<String, Instant> heads,
        List<RunningRequest> running,
        Map<String, Long> withheld,
        Map<String, Long> listed,
        Map<String, Long> dead) {

    /** The name of a queue's pace in {@code lib/scheduler.lua}. */
    static final String QUEUE_PACE = "q:";

    /** The name of a limit's pace there. */
    static final String LIMIT_PACE = "l:";

    /** Queues that are known before it is known how long their lists are. */
    static Set<String> queues(
            Iterable<MemberReport> reports,
            Iterable<Map<String, String>> owned,
            Set<String> paused,
            Set<String> paces,
            Iterable<FlowScan.Row> flows,
            List<String> drained) {
        Set<String> queues = new TreeSet<>(paused);
        reports.forEach(report -> report.routes().forEach(route -> queues.addAll(route.queues())));
        owned.forEach(claims -> queues.addAll(claims.values()));
        paces.forEach(name -> {
            if (name.startsWith(QUEUE_PACE)) {
                queues.add(name.substring(QUEUE_PACE.length()));
            }
        });
        flows.forEach(row -> queues.add(row.flow().queue()));
        queues.addAll(drained);
        return queues;
    }

    BusState state(String bus, String redis) {
        return new BusState(
                at,
                bus,
                redis,
                listed.keySet().stream().map(this::queue).toList(),
                limitStates(),
                waitingFlows(),
                flows.size(),
                running.stream().limit(BusState.MOST_RUNNING).toList(),
                running.size(),
                leases.entrySet().stream()
                        .map(lease -> member(lease.getKey(), lease.getValue()))
                        .toList());
    }

    private Queue queue(String name) {
        long waiting = 0;
        Instant oldest = null;
        for (FlowScan.Row row : flows) {
            if (row.flow().queue().equals(name)) {
                waiting += row.waiting();
                oldest = earlier(oldest, heads.get(row.flow().name()));
            }
        }
        long runs =
                running.stream().filter(request -> request.queue().equals(name)).count();
        Duration runTime = pace.get(QUEUE_PACE + name);
        return new Queue(
                name,
                listed.getOrDefault(name, 0L),
                waiting,
                runs,
                dead.getOrDefault(name, 0L),
                paused.get(name),
                oldest,
                runTime,
                littlesLaw(name, waiting, runs, runTime));
    }

    /**
     * As many as wait leave at the rate at which those that run do. Where none of the queue runs, at the rate of what most of it
     * waits for.
     */
    private @Nullable Duration littlesLaw(String queue, long waiting, long runs, @Nullable Duration runTime) {
        if (paused.containsKey(queue)) {
            return null;
        }
        if (runTime != null && runs > 0) {
            return runTime.multipliedBy(waiting + listed.getOrDefault(queue, 0L))
                    .dividedBy(runs);
        }
        return flows.stream()
                .filter(row -> row.flow().queue().equals(queue) && row.parkedFor() != null)
                .max(Comparator.comparingLong(FlowScan.Row::waiting))
                .map(row -> turnover(Objects.requireNonNull(row.parkedFor())))
                .orElse(null);
    }

    /** How long all that wait for a counter take to leave; null where that is not known. */
    private @Nullable Duration turnover(String counter) {
        Duration runTime = pace.get(LIMIT_PACE + limitOf(counter));
        long runs = counts.getOrDefault(counter, 0L);
        long waiting = flows.stream()
                .filter(row -> counter.equals(row.parkedFor()))
                .mapToLong(FlowScan.Row::waiting)
                .sum();
        return runTime == null || runs == 0
                ? null
                : runTime.multipliedBy(waiting).dividedBy(runs);
    }

    private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.isBefore(other) ? one : other;
    }

    private List<Limit> limitStates() {
        Map<String, Map<String, long[]>> byLimit = new HashMap<>();
        counts.forEach((counter, n) -> used(byLimit, counter)[0] += n);
        for (FlowScan.Row row : flows) {
            if (row.parkedFor() != null) {
                used(byLimit, row.parkedFor())[1] += row.waiting();
            }
        }
        List<Limit> all = new ArrayList<>();
        new TreeMap<>(limits).forEach((name, max) -> all.add(limit(name, max, byLimit.getOrDefault(name, Map.of()))));
        return all;
    }

    private static long[] used(Map<String, Map<String, long[]>> byLimit, String counter) {
        return byLimit.computeIfAbsent(limitOf(counter), none -> new HashMap<>())
                .computeIfAbsent(counter, none -> new long[2]);
    }

    static String limitOf(String counter) {
        int cut = counter.indexOf("==");
        return cut < 0 ? counter : counter.substring(0, cut);
    }

    private Limit limit(String name, int max, Map<String, long[]> used) {
        List<Counter> counters = used.entrySet().stream()
                .map(one -> new Counter(one.getKey(), one.getValue()[0], one.getValue()[1]))
                .sorted(Comparator.comparingLong(Counter::running)
                        .thenComparingLong(Counter::waiting)
                        .reversed()
                        .thenComparing(Counter::counter))
                .toList();
        return new Limit(
                name,
                max,
                configured.get(name),
                counters.stream().mapToLong(Counter::running).sum(),
                counters.stream().mapToLong(Counter::waiting).sum(),
                counters.stream().limit(BusState.MOST_COUNTERS).toList(),
                counters.size());
    }

    private List<WaitingFlow> waitingFlows() {
        return flows.stream()
                .filter(row -> heads.containsKey(row.flow().name()))
                .map(row -> new WaitingFlow(
                        row.flow().queue(),
                        row.flow().shares(),
                        row.flow().counters(),
                        row.waiting(),
                        row.parkedFor(),
                        Objects.requireNonNull(heads.get(row.flow().name()))))
                .sorted(Comparator.comparing(WaitingFlow::oldest))
                .limit(BusState.MOST_FLOWS)
                .toList();
    }

    private Member member(String name, long leaseMillis) {
        return new Member(
                name,
                Instant.ofEpochMilli(leaseMillis),
                owned.getOrDefault(name, Map.of()).size(),
                reports.get(name));
    }

    /** The members that may run something of that queue; of one that has not told of itself it is taken for granted. */
    List<String> serving(String queue) {
        return leases.entrySet().stream()
                .filter(lease -> lease.getValue() > at.toEpochMilli())
                .map(Map.Entry::getKey)
                .filter(member -> serves(reports.get(member), queue))
                .toList();
    }

    private static boolean serves(@Nullable MemberReport report, String queue) {
        return report == null
                || (!report.stopping() && routes(report, queue).findAny().isPresent());
    }

    private static Stream<MemberReport.Route> routes(MemberReport report, String queue) {
        return report.routes().stream().filter(route -> route.queues().contains(queue));
    }

    /** How many of that queue all members run at most together; 0 where that is not known. */
    int room(String queue) {
        int room = 0;
        for (String member : serving(queue)) {
            MemberReport report = reports.get(member);
            if (report == null) {
                return 0;
            }
            room += routes(report, queue)
                    .mapToInt(MemberReport.Route::maxConcurrent)
                    .sum();
        }
        return room;
    }
}
