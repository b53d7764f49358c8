package io.thr.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The command line of the benchmark. Starts all servers once, then measures the ways in turn, round after round, so that
 * what the machine does meanwhile meets all of them alike; the tables show medians of the rounds.
 */
@Command(
        name = "benchmark",
        description =
                "Measures the direct way, Jetty's asynchronous proxy and THR, without and with limits, in one run.",
        sortOptions = false,
        subcommands = {
            SchedulerBenchmark.class,
            RateBenchmark.class,
            RateFilterBenchmark.class,
            BodyBenchmark.class,
            StreamBenchmark.class,
            UnmatchedBenchmark.class,
            ObservedBenchmark.class
        },
        mixinStandardHelpOptions = true)
public final class Benchmark implements Callable<Integer> {

    private static final int WARM_UP_CONNECTIONS = 50;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            paramLabel = "N",
            description = "how long one cell of the table is measured in each round (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            paramLabel = "N",
            description = "how often every cell is measured; the median counts (${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--warm-up",
            defaultValue = "15",
            paramLabel = "N",
            description = "seconds of load on each way before anything is measured (${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--connections",
            split = ",",
            defaultValue = "1,10,50,200",
            paramLabel = "N",
            description = "numbers of connections (${DEFAULT-VALUE})")
    private List<Integer> connections = List.of();

    @Option(
            names = "--ways",
            split = ",",
            defaultValue = "direct,proxy,thr,limited",
            paramLabel = "WAY",
            description = "which ways to measure; limited: THR with three limits (${DEFAULT-VALUE})")
    private Set<String> ways = Set.of();

    @Option(
            names = "--suspended",
            defaultValue = "10000",
            paramLabel = "N",
            description = "how many suspended requests the heap is measured with; 0: not measured (${DEFAULT-VALUE})")
    private int suspended;

    @Option(
            names = "--results",
            defaultValue = "benchmark/results",
            paramLabel = "DIR",
            description = "where the report is written (${DEFAULT-VALUE})")
    private Path results = Path.of("benchmark/results");

    private Benchmark() {}

    /** Runs the benchmark and exits: 0 when it could measure, 1 when not, 2 for a wrong command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Benchmark()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Report report = new Report(Machine.look());
        try (Servers servers = Servers.start(ways)) {
            servers.redisVersion().ifPresent(report::redis);
            measure(servers.ways(), report);
        }
        if (suspended > 0) {
            report.suspended(SuspendedHeap.measureAll(suspended));
        }
        String markdown = report.toMarkdown();
        System.out.println(markdown);
        progress("written to " + Results.in(results).write("", markdown));
        return 0;
    }

    private void measure(List<Way> measured, Report report) throws IOException {
        for (Way way : measured) {
            progress("warm-up of " + way.name());
            try (HttpLoad load = HttpLoad.connect(way.address(), WARM_UP_CONNECTIONS)) {
                load.run(Duration.ofSeconds(warmUp));
            }
        }
        for (int round = 1; round <= rounds; round++) {
            for (int count : connections) {
                for (Way way : measured) {
                    Sample sample = Sample.take(way, count, Duration.ofSeconds(seconds));
                    report.add(way.name(), count, sample);
                    progress("round %d, %d connections, %s: %.0f/s"
                            .formatted(
                                    round, count, way.name(), sample.outcome().requestsPerSecond()));
                }
            }
        }
    }

    private static void progress(String line) {
        System.err.println(line);
    }
}
