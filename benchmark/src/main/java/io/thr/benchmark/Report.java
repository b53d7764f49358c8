package io.thr.benchmark;

import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Collects what was measured and puts it into Markdown: medians, not means, since a disturbed round is no news. */
final class Report {

    /** All processes, in the order in which a request meets them. */
    static final List<String> PROCESSES = List.of("client", "proxy", "front", "redis", "dispatcher", "upstream");

    private record Cell(int connections, String way) {}

    private final Machine machine;
    private final Map<Cell, List<Sample>> samples = new LinkedHashMap<>();
    private final List<SuspendedHeap> suspended = new ArrayList<>();
    private @Nullable String redis;

    Report(Machine machine) {
        this.machine = machine;
    }

    void redis(String version) {
        redis = version;
    }

    void add(String way, int connections, Sample sample) {
        samples.computeIfAbsent(new Cell(connections, way), cell -> new ArrayList<>())
                .add(sample);
    }

    void suspended(List<SuspendedHeap> measured) {
        suspended.addAll(measured);
    }

    String toMarkdown() {
        StringBuilder out = new StringBuilder();
        out.append("# Benchmark of ")
                .append(LocalDate.now(ZoneId.systemDefault()))
                .append("\n\n");
        out.append(machine.toMarkdown());
        if (redis != null) {
            out.append("- ").append(redis).append('\n');
        }
        out.append("- medians of ").append(rounds()).append(" round(s)\n");
        if (!samples.isEmpty()) {
            ways(out);
            ratios(out, "THR over Jetty's proxy", "thr", "proxy");
            ratios(out, "THR with three limits over THR without", "limited", "thr");
        }
        if (!suspended.isEmpty()) {
            heap(out);
        }
        return out.toString();
    }

    private int rounds() {
        return samples.values().stream().mapToInt(List::size).max().orElse(0);
    }

    private void ways(StringBuilder out) {
        Set<String> measured = samples.values().stream()
                .flatMap(List::stream)
                .flatMap(sample -> sample.cpuMicros().keySet().stream())
                .collect(Collectors.toSet());
        List<String> processes = PROCESSES.stream().filter(measured::contains).toList();
        out.append("\n## The ways\n\n| connections | way | requests/s | p50 ms | p99 ms | errors |");
        processes.forEach(process -> out.append(" CPU µs ").append(process).append(" |"));
        out.append("\n|---|---|---|---|---|---|")
                .append("---|".repeat(processes.size()))
                .append('\n');
        samples.forEach((cell, taken) -> {
            out.append("| %d | %s | %.0f | %.3f | %.3f | %d |"
                    .formatted(
                            cell.connections(),
                            cell.way(),
                            median(taken, Report::rate),
                            median(taken, Report::p50),
                            median(taken, Report::p99),
                            taken.stream()
                                    .mapToLong(sample -> sample.outcome().errors())
                                    .sum()));
            processes.forEach(process -> out.append(cpu(taken, process)));
            out.append('\n');
        });
    }

    private static String cpu(List<Sample> taken, String process) {
        return taken.get(0).cpuMicros().containsKey(process)
                ? " %.1f |".formatted(median(taken, sample -> cpu(sample, process)))
                : " – |";
    }

    /** Two ways that do the same job, one over the other. */
    private void ratios(StringBuilder out, String title, String over, String under) {
        out.append("\n## ").append(title).append("\n\n");
        out.append(
                "| connections | requests/s | p50 | p99 | CPU between client and upstream |\n|---|---|---|---|---|\n");
        connections().forEach(connections -> {
            List<Sample> first = samples.getOrDefault(new Cell(connections, over), List.of());
            List<Sample> second = samples.getOrDefault(new Cell(connections, under), List.of());
            if (!first.isEmpty() && !second.isEmpty()) {
                out.append("| %d | %.2f | %.2f | %.2f | %.2f |%n"
                        .formatted(
                                connections,
                                median(first, Report::rate) / median(second, Report::rate),
                                median(first, Report::p50) / median(second, Report::p50),
                                median(first, Report::p99) / median(second, Report::p99),
                                median(first, Report::between) / median(second, Report::between)));
            }
        });
    }

    private Set<Integer> connections() {
        return samples.keySet().stream().map(Cell::connections).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private void heap(StringBuilder out) {
        out.append("\n## Requests that wait\n\n");
        out.append("| server | waiting | threads | heap bytes per request | of it over the message |\n");
        out.append("|---|---|---|---|---|\n");
        for (SuspendedHeap heap : suspended) {
            out.append("| %s | %d → %d | %d → %d | %.0f | %.0f |%n"
                    .formatted(
                            heap.server(),
                            heap.few().requests(),
                            heap.many().requests(),
                            heap.few().threads(),
                            heap.many().threads(),
                            heap.bytesPerRequest(),
                            heap.bytesPerRequest() - heap.messageBytes()));
        }
        out.append("""

                Live heap after a full collection. Jetty's own share of each waiting request (connection, parser, request,
                response, async state) is the row without THR. A message in the front's heap is not counted twice: the
                last column subtracts its size.
                """);
    }

    private static double rate(Sample sample) {
        return sample.outcome().requestsPerSecond();
    }

    private static double p50(Sample sample) {
        return sample.outcome().p50().toNanos() / 1e6;
    }

    private static double p99(Sample sample) {
        return sample.outcome().p99().toNanos() / 1e6;
    }

    private static double between(Sample sample) {
        return sample.cpuMicros().entrySet().stream()
                .filter(entry ->
                        !entry.getKey().equals("client") && !entry.getKey().equals("upstream"))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    private static double cpu(Sample sample, String process) {
        return sample.cpuMicros().getOrDefault(process, 0.0);
    }

    static <T> double median(List<T> taken, ToDoubleFunction<T> value) {
        double[] sorted = taken.stream().mapToDouble(value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
