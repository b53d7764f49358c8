package io.thr.benchmark;

import io.thr.benchmark.server.FilteredHello;
import io.thr.benchmark.server.FilteredHello.Policy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures what a rate policy costs a servlet on Jetty: the same one behind the filter, without a policy, with one that always
 * has room, and with one that never has.
 */
@Command(
        name = "rate-filter",
        description = "Measures a servlet behind the filter, with rate policies and without.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class RateFilterBenchmark implements Callable<Integer> {

    private static final int WARM_UP_CONNECTIONS = 50;
    private static final int KEYS = 10_000;

    /** What was asked for: of the requests/s without a policy. */
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
            names = "--warm-up",
            defaultValue = "10",
            paramLabel = "N",
            description = "seconds of load on each before anything is measured (${DEFAULT-VALUE})")
    private int warmUp;

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

    private record Cell(int connections, Policy policy) {}

    /** The medians of one cell. */
    private record Medians(double rate, double p50, double p99, double server, double redis, long errors) {

        static Medians of(List<Sample> taken) {
            return new Medians(
                    Report.median(taken, sample -> sample.outcome().requestsPerSecond()),
                    Report.median(taken, sample -> sample.outcome().p50().toNanos() / 1e6),
                    Report.median(taken, sample -> sample.outcome().p99().toNanos() / 1e6),
                    Report.median(taken, sample -> sample.cpuMicros().getOrDefault("server", 0.0)),
                    Report.median(taken, sample -> sample.cpuMicros().getOrDefault("redis", 0.0)),
                    taken.stream()
                            .mapToLong(sample -> sample.outcome().errors())
                            .sum());
        }
    }

    @Override
    public Integer call() throws IOException {
        Map<Cell, List<Sample>> samples = new LinkedHashMap<>();
        try (RedisProcess redis = RedisProcess.start();
                Ways ways = new Ways(redis)) {
            for (Policy policy : Policy.values()) {
                System.err.println("warm-up of " + policy.label());
                ways.take(policy, WARM_UP_CONNECTIONS, warmUp);
            }
            for (int round = 1; round <= rounds; round++) {
                for (int count : connections) {
                    for (Policy policy : Policy.values()) {
                        Sample sample = ways.take(policy, count, seconds);
                        samples.computeIfAbsent(new Cell(count, policy), cell -> new ArrayList<>())
                                .add(sample);
                        System.err.printf(
                                Locale.ROOT,
                                "round %d, %d connections, %s: %.0f/s%n",
                                round,
                                count,
                                policy.label(),
                                sample.outcome().requestsPerSecond());
                    }
                }
            }
            String markdown = markdown(redis.version(), samples);
            System.out.println(markdown);
            System.err.println("written to " + Results.in(results).write("-rate-filter", markdown));
        }
        return 0;
    }

    /** A server for each policy. */
    private static final class Ways implements AutoCloseable {

        private final Map<Policy, ServerProcess> servers = new EnumMap<>(Policy.class);
        private final RedisProcess redis;

        Ways(RedisProcess redis) throws IOException {
            this.redis = redis;
            try {
                for (Policy policy : Policy.values()) {
                    servers.put(
                            policy,
                            ServerProcess.java(
                                    "server",
                                    Servers.READY,
                                    FilteredHello.class.getName(),
                                    redis.url(),
                                    policy.name()));
                }
            } catch (IOException failed) {
                close();
                throw failed;
            }
        }

        Sample take(Policy policy, int count, int seconds) throws IOException {
            ServerProcess server = Objects.requireNonNull(servers.get(policy));
            return Sample.take(
                    new Way(policy.label(), server.port(), List.of(server, redis.process())),
                    count,
                    Duration.ofSeconds(seconds),
                    new HttpLoad.Traffic(KEYS, policy.status()));
        }

        @Override
        public void close() {
            servers.values().forEach(ServerProcess::close);
        }
    }

    private String markdown(String redis, Map<Cell, List<Sample>> samples) throws IOException {
        StringBuilder out = new StringBuilder("# A servlet behind the filter, with rate policies and without\n\n")
                .append(Machine.look().toMarkdown())
                .append("- ")
                .append(redis)
                .append("\n- medians of ")
                .append(rounds)
                .append(" round(s)\n\n")
                .append(
                        "| connections | policy | requests/s | p50 ms | p99 ms | CPU µs server | CPU µs redis | errors |")
                .append(" over none | asked |\n|---|---|---|---|---|---|---|---|---|---|\n");
        samples.forEach((cell, taken) -> {
            Medians none = Medians.of(samples.getOrDefault(new Cell(cell.connections(), Policy.NONE), taken));
            out.append(line(cell, Medians.of(taken), none.rate()));
        });
        return out.append("\nA number that misses what was asked is **bold**.\n")
                .toString();
    }

    private static String line(Cell cell, Medians own, double none) {
        boolean isAsked = cell.policy().isLimited();
        double ratio = own.rate() / none;
        return String.format(
                Locale.ROOT,
                "| %d | %s | %.0f | %.3f | %.3f | %.1f | %.1f | %d | %s | %s |%n",
                cell.connections(),
                cell.policy().label(),
                own.rate(),
                own.p50(),
                own.p99(),
                own.server(),
                own.redis(),
                own.errors(),
                String.format(Locale.ROOT, isAsked && ratio < MARK ? "**%.2f**" : "%.2f", ratio),
                isAsked ? "≥ " + MARK : "");
    }
}
