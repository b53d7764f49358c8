package io.thr.benchmark;

import io.thr.benchmark.server.FilteredHello;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures what a rate policy costs a servlet on Jetty: the same one behind the filter, with and without. */
@Command(
        name = "rate-filter",
        description = "Measures a servlet behind the filter, with a rate policy and without.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class RateFilterBenchmark implements Callable<Integer> {

    private static final int WARM_UP_CONNECTIONS = 50;

    /** What an issue asks for: of the requests/s without a policy. */
    private static final double MARK = 0.6;

    @Option(
            names = "--seconds",
            defaultValue = "3",
            paramLabel = "N",
            description = "how long each is measured in each round (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--rounds",
            defaultValue = "5",
            paramLabel = "N",
            description = "how often; the median counts (${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--connections",
            split = ",",
            defaultValue = "1,10,50,200",
            paramLabel = "N",
            description = "numbers of connections (${DEFAULT-VALUE})")
    private List<Integer> connections = List.of();

    @Option(
            names = "--results",
            defaultValue = "benchmark/results",
            paramLabel = "DIR",
            description = "where the report is written (${DEFAULT-VALUE})")
    private Path results = Path.of("benchmark/results");

    /** The medians of one way at one number of connections. */
    private record Line(double rate, double p50, double p99, double server, double redis) {

        static Line of(List<Sample> taken) {
            return new Line(
                    Report.median(taken, sample -> sample.outcome().requestsPerSecond()),
                    Report.median(taken, sample -> sample.outcome().p50().toNanos() / 1e6),
                    Report.median(taken, sample -> sample.outcome().p99().toNanos() / 1e6),
                    Report.median(taken, sample -> sample.cpuMicros().getOrDefault("server", 0.0)),
                    Report.median(taken, sample -> sample.cpuMicros().getOrDefault("redis", 0.0)));
        }

        String toMarkdown(int connections, String way, String ratio) {
            return String.format(
                    Locale.ROOT,
                    "| %d | %s | %.0f | %.3f | %.3f | %.1f | %.1f | %s |%n",
                    connections,
                    way,
                    rate,
                    p50,
                    p99,
                    server,
                    redis,
                    ratio);
        }
    }

    @Override
    public Integer call() throws IOException {
        Map<Integer, List<Sample>> unlimited = new LinkedHashMap<>();
        Map<Integer, List<Sample>> limited = new LinkedHashMap<>();
        String version;
        try (RedisProcess redis = RedisProcess.start();
                ServerProcess plain = server(redis, "unlimited");
                ServerProcess charging = server(redis, "limited")) {
            version = redis.version();
            Way without = new Way("unlimited", plain.port(), List.of(plain, redis.process()));
            Way with = new Way("limited", charging.port(), List.of(charging, redis.process()));
            for (Way way : List.of(without, with)) {
                Sample.take(way, WARM_UP_CONNECTIONS, Duration.ofSeconds(10));
            }
            for (int round = 0; round < rounds; round++) {
                for (int count : connections) {
                    add(unlimited, count, Sample.take(without, count, Duration.ofSeconds(seconds)));
                    add(limited, count, Sample.take(with, count, Duration.ofSeconds(seconds)));
                }
            }
        }
        String markdown = markdown(version, unlimited, limited);
        System.out.println(markdown);
        System.err.println("written to " + Results.in(results).write("-rate-filter", markdown));
        return 0;
    }

    private static ServerProcess server(RedisProcess redis, String way) throws IOException {
        return ServerProcess.java("server", Servers.READY, FilteredHello.class.getName(), redis.url(), way);
    }

    private static void add(Map<Integer, List<Sample>> samples, int count, Sample sample) {
        samples.computeIfAbsent(count, connections -> new ArrayList<>()).add(sample);
    }

    private String markdown(String redis, Map<Integer, List<Sample>> unlimited, Map<Integer, List<Sample>> limited)
            throws IOException {
        StringBuilder out = new StringBuilder("# A servlet behind the filter, with a rate policy and without\n\n")
                .append(Machine.look().toMarkdown())
                .append("- ")
                .append(redis)
                .append("\n- medians of ")
                .append(rounds)
                .append(" rounds; one token bucket for all requests, which always has room\n\n")
                .append("| connections | way | requests/s | p50 ms | p99 ms | CPU µs server | CPU µs redis |")
                .append(" limited over unlimited (asked: ≥ ")
                .append(MARK)
                .append(") |\n|---|---|---|---|---|---|---|---|\n");
        for (int count : connections) {
            Line without = Line.of(unlimited.getOrDefault(count, List.of()));
            Line with = Line.of(limited.getOrDefault(count, List.of()));
            out.append(without.toMarkdown(count, "unlimited", ""));
            out.append(with.toMarkdown(
                    count, "limited", String.format(Locale.ROOT, "%.2f", with.rate() / without.rate())));
        }
        return out.toString();
    }
}
