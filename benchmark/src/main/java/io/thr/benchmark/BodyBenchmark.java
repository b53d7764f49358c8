package io.thr.benchmark;

import io.thr.benchmark.BodyLoad.Direction;
import io.thr.benchmark.server.BodyUpstream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures how fast large bodies go down and up, directly, through Jetty's proxy and through THR, in turn. */
@Command(
        name = "bodies",
        description = "Measures large bodies on the direct way, through Jetty's asynchronous proxy and through THR.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class BodyBenchmark implements Callable<Integer> {

    private static final long MIB = 1 << 20;
    private static final int WARM_UP_CONNECTIONS = 4;

    /** What was asked for: of the proxy's bytes/s. */
    private static final double MARK = 0.5;

    @Option(
            names = "--seconds",
            defaultValue = "3",
            paramLabel = "N",
            description = "how long each is measured in each round (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            paramLabel = "N",
            description = "how often; the median counts (${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--warm-up",
            defaultValue = "15",
            paramLabel = "N",
            description =
                    "seconds of load on each way and in each direction before anything is measured (${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--mebibytes",
            split = ",",
            defaultValue = "1,64",
            paramLabel = "N",
            description = "how large the bodies are (${DEFAULT-VALUE})")
    private List<Integer> mebibytes = List.of();

    @Option(
            names = "--connections",
            split = ",",
            defaultValue = "1,4",
            paramLabel = "N",
            description = "numbers of connections (${DEFAULT-VALUE})")
    private List<Integer> connections = List.of();

    @Option(
            names = "--ways",
            split = ",",
            defaultValue = "direct,proxy,thr",
            paramLabel = "WAY",
            description = "which ways to measure (${DEFAULT-VALUE})")
    private Set<String> ways = Set.of();

    @Option(
            names = "--results",
            defaultValue = "benchmark/results",
            paramLabel = "DIR",
            description = "where the report is written (${DEFAULT-VALUE})")
    private Path results = Path.of("benchmark/results");

    private record Cell(Direction direction, int mebibytes, int connections) {}

    /** One measurement; the CPU time of each process for each MiB, in milliseconds. */
    private record Speed(double mebibytesPerSecond, Map<String, Double> cpuMillis) {}

    @Override
    public Integer call() throws IOException {
        Map<Cell, Map<String, List<Speed>>> samples = new LinkedHashMap<>();
        String redis = "no Redis";
        try (Servers servers = Servers.start(ways, BodyUpstream.class)) {
            redis = servers.redisVersion().orElse(redis);
            for (Way way : servers.ways()) {
                System.err.println("warm-up of " + way.name());
                for (Direction direction : Direction.values()) {
                    BodyLoad.run(way.address(), direction, MIB, WARM_UP_CONNECTIONS, Duration.ofSeconds(warmUp));
                }
            }
            for (int round = 1; round <= rounds; round++) {
                for (Cell cell : cells()) {
                    for (Way way : servers.ways()) {
                        Speed speed = take(way, cell);
                        samples.computeIfAbsent(cell, none -> new LinkedHashMap<>())
                                .computeIfAbsent(way.name(), none -> new ArrayList<>())
                                .add(speed);
                        System.err.printf(
                                Locale.ROOT,
                                "round %d, %s, %s: %.0f MiB/s%n",
                                round,
                                cell,
                                way.name(),
                                speed.mebibytesPerSecond());
                    }
                }
            }
        }
        String markdown = markdown(redis, samples);
        System.out.println(markdown);
        System.err.println("written to " + Results.in(results).write("-bodies", markdown));
        return 0;
    }

    private List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (Direction direction : Direction.values()) {
            for (int size : mebibytes) {
                connections.forEach(count -> cells.add(new Cell(direction, size, count)));
            }
        }
        return cells;
    }

    private Speed take(Way way, Cell cell) throws IOException {
        Map<String, Duration> before = Sample.cpu(way.processes());
        long start = System.nanoTime();
        double bytesPerSecond = BodyLoad.run(
                way.address(),
                cell.direction(),
                cell.mebibytes() * MIB,
                cell.connections(),
                Duration.ofSeconds(seconds));
        double speed = bytesPerSecond / MIB;
        double passedOn = speed * (System.nanoTime() - start) / 1e9;
        Map<String, Double> spent = new LinkedHashMap<>();
        Sample.cpu(way.processes())
                .forEach((name, after) -> spent.put(
                        name,
                        after.minus(before.getOrDefault(name, Duration.ZERO)).toNanos() / 1e6 / passedOn));
        return new Speed(speed, spent);
    }

    private String markdown(String redis, Map<Cell, Map<String, List<Speed>>> samples) throws IOException {
        StringBuilder out = new StringBuilder("# Large bodies\n\n")
                .append(Machine.look().toMarkdown())
                .append("- ")
                .append(redis)
                .append("\n- medians of ")
                .append(rounds)
                .append(" round(s)\n\n| body | MiB | connections | way | MiB/s |");
        Report.PROCESSES.forEach(
                process -> out.append(" CPU ms ").append(process).append(" |"));
        out.append(" over the proxy | asked |\n|---|---|---|---|---|")
                .append("---|".repeat(Report.PROCESSES.size()))
                .append("---|---|\n");
        samples.forEach((cell, ways) -> {
            double proxy = speed(ways.getOrDefault("proxy", List.of()));
            ways.forEach((way, taken) -> out.append(line(cell, way, taken, proxy)));
        });
        return out.append("\nCPU ms: for each MiB. A number that misses what was asked is **bold**.\n")
                .toString();
    }

    private static double speed(List<Speed> taken) {
        return taken.isEmpty() ? Double.NaN : Report.median(taken, Speed::mebibytesPerSecond);
    }

    private static String line(Cell cell, String way, List<Speed> taken, double proxy) {
        StringBuilder cpu = new StringBuilder();
        for (String process : Report.PROCESSES) {
            boolean isOnIt = taken.get(0).cpuMillis().containsKey(process);
            cpu.append(
                    isOnIt
                            ? String.format(
                                    Locale.ROOT,
                                    " %.2f |",
                                    Report.median(
                                            taken, speed -> speed.cpuMillis().getOrDefault(process, 0.0)))
                            : " – |");
        }
        boolean isAsked = way.equals("thr");
        double ratio = speed(taken) / proxy;
        return String.format(
                Locale.ROOT,
                "| %s | %d | %d | %s | %.0f |%s %s | %s |%n",
                cell.direction() == Direction.DOWN ? "download" : "upload",
                cell.mebibytes(),
                cell.connections(),
                way,
                speed(taken),
                cpu,
                String.format(Locale.ROOT, isAsked && ratio < MARK ? "**%.2f**" : "%.2f", ratio),
                isAsked ? "≥ " + MARK : "");
    }
}
