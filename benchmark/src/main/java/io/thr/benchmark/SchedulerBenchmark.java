package io.thr.benchmark;

import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures what the scheduler costs in Redis, with few and many limits, with and without fairness, and a long backlog. */
@Command(
        name = "scheduler",
        description = "Measures the scheduler alone: no HTTP, one member, a backlog.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class SchedulerBenchmark implements Callable<Integer> {

    @Option(
            names = "--seconds",
            defaultValue = "3",
            paramLabel = "N",
            description = "how long each line of the table is measured in each round (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            paramLabel = "N",
            description = "how often; the median counts (${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--waiting",
            defaultValue = "100000",
            paramLabel = "N",
            description = "how many requests wait (${DEFAULT-VALUE})")
    private int waiting;

    @Option(
            names = "--flows",
            defaultValue = "10000",
            paramLabel = "N",
            description = "how many tenants they are of (${DEFAULT-VALUE})")
    private int flows;

    @Option(
            names = "--results",
            defaultValue = "benchmark/results",
            paramLabel = "DIR",
            description = "where the report is written (${DEFAULT-VALUE})")
    private Path results = Path.of("benchmark/results");

    private record Line(int limits, boolean fair, int batch) {}

    @Override
    public Integer call() throws Exception {
        Machine machine = Machine.look();
        StringBuilder out = new StringBuilder();
        try (RedisProcess server = RedisProcess.start()) {
            out.append("# The scheduler alone, ")
                    .append(LocalDate.now(ZoneId.systemDefault()))
                    .append("\n\n")
                    .append(machine.toMarkdown())
                    .append("- ")
                    .append(server.version())
                    .append("\n- ")
                    .append(waiting)
                    .append(" requests wait, of ")
                    .append(flows)
                    .append(" tenants; one member, 64 run\n\n")
                    .append("| limits | fairness | requests a call | requests/s | Redis CPU a request, us |\n")
                    .append("|---|---|---|---|---|\n");
            for (Line line : lines()) {
                out.append(measure(server, line));
            }
            out.append('\n').append(handOff(server));
        }
        System.out.println(out);
        Results.in(results).write("-scheduler", out.toString());
        return 0;
    }

    private static List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        for (int batch : new int[] {1, 8, 16}) {
            for (int limits : new int[] {0, 1, 3}) {
                lines.add(new Line(limits, false, batch));
            }
            lines.add(new Line(3, true, batch));
        }
        return lines;
    }

    private String measure(RedisProcess server, Line line) throws Exception {
        List<SchedulerLoad.Cost> costs = new ArrayList<>();
        try (SchedulerLoad load = new SchedulerLoad(server, line.limits(), line.fair(), flows)) {
            load.backlog(waiting);
            load.run(line.batch(), Duration.ofSeconds(1));
            for (int round = 0; round < rounds; round++) {
                costs.add(load.run(line.batch(), Duration.ofSeconds(seconds)));
            }
        }
        costs.sort(Comparator.comparingDouble(SchedulerLoad.Cost::redisMicros));
        SchedulerLoad.Cost median = costs.get(costs.size() / 2);
        String row = String.format(
                Locale.ROOT,
                "| %d | %s | %d | %.0f | %.1f |%n",
                line.limits(),
                line.fair() ? "on" : "off",
                line.batch(),
                median.requestsPerSecond(),
                median.redisMicros());
        System.err.print(row);
        return row;
    }

    private String handOff(RedisProcess server) throws Exception {
        try (SchedulerLoad load = new SchedulerLoad(server, 3, true, flows)) {
            load.backlog(Math.min(waiting, 30_000));
            load.handOff(2_000);
            List<Histogram> times = load.handOff(20_000);
            Histogram handOff = times.get(0);
            Histogram plain = times.get(1);
            return String.format(
                    Locale.ROOT,
                    "From one request's end to the next one's start, 3 limits and fairness, us: p50 %d, p99 %d. "
                            + "An LPUSH in turn with it: p50 %d, p99 %d.%n",
                    handOff.getValueAtPercentile(50),
                    handOff.getValueAtPercentile(99),
                    plain.getValueAtPercentile(50),
                    plain.getValueAtPercentile(99));
        }
    }
}
