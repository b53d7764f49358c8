package io.thr.benchmark;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.thr.admin.metrics.Samples;
import io.thr.benchmark.server.HelloUpstream;
import io.thr.core.bus.DurationCounter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures what it costs to be observed: a scrape of many series, and, on the way of a request, the programs of this project
 * against those of a version before it could be observed, each with a Redis of its own, in turn.
 */
@Command(
        name = "observed",
        description = "Measures what a scrape costs, and what meters, reports and the access log cost a request.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class ObservedBenchmark implements Callable<Integer> {

    private static final Pattern FRONT_READY = Pattern.compile("^Start http2redis on http://localhost:(\\d+)$");
    private static final Pattern DISPATCHER_READY = Pattern.compile("^redis2http started");
    private static final double MARK_PERCENT = 3;
    private static final int SERIES_OF_A_QUEUE = 40;
    private static final int SCRAPES = 200;

    @Option(
            names = "--before",
            paramLabel = "DIR",
            description =
                    "the folder of the other version, built with mvn -DskipTests package; none: only scrapes are measured")
    private @Nullable Path before;

    @Option(
            names = "--after",
            defaultValue = ".",
            paramLabel = "DIR",
            description = "the folder of this version, built likewise (${DEFAULT-VALUE})")
    private Path after = Path.of(".");

    @Option(
            names = "--series",
            defaultValue = "10000",
            paramLabel = "N",
            description = "how many series are scraped (${DEFAULT-VALUE})")
    private int series;

    @Option(
            names = "--connections",
            split = ",",
            defaultValue = "1,50",
            paramLabel = "N",
            description = "numbers of connections (${DEFAULT-VALUE})")
    private List<Integer> connections = List.of();

    @Option(
            names = "--seconds",
            defaultValue = "5",
            paramLabel = "N",
            description = "how long each version is measured in each round (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--rounds",
            defaultValue = "10",
            paramLabel = "N",
            description = "how many pairs are measured (${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--warm-up",
            defaultValue = "15",
            paramLabel = "N",
            description = "seconds of load on each version before anything is measured (${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--results",
            defaultValue = "benchmark/results",
            paramLabel = "DIR",
            description = "where the report is written (${DEFAULT-VALUE})")
    private Path results = Path.of("benchmark/results");

    private final Deque<Runnable> ends = new ArrayDeque<>();

    /** What both versions gave, one after the other. */
    private record Pair(Sample before, Sample after) {

        double rate() {
            return after.outcome().requestsPerSecond() / before.outcome().requestsPerSecond();
        }

        double median() {
            return (double) after.outcome().p50().toNanos()
                    / before.outcome().p50().toNanos();
        }

        double cpu() {
            return cpu(after) / cpu(before);
        }

        /** Of the programs; what the client, Redis and the upstream spend is the same. */
        private static double cpu(Sample sample) {
            return sample.cpuMicros().getOrDefault("front", 0.0)
                    + sample.cpuMicros().getOrDefault("dispatcher", 0.0);
        }
    }

    @Override
    public Integer call() throws IOException {
        StringBuilder markdown = new StringBuilder("# The cost of being observed\n\n")
                .append(Machine.look().toMarkdown())
                .append('\n')
                .append(scrapes());
        Path other = before;
        if (other != null) {
            try {
                markdown.append(pairs(other));
            } finally {
                while (!ends.isEmpty()) {
                    ends.pop().run();
                }
            }
        }
        System.out.println(markdown);
        System.err.println("written to " + Results.in(results).write("-observed", markdown.toString()));
        return 0;
    }

    private String scrapes() throws IOException {
        List<DurationCounter> times = new ArrayList<>();
        List<LongAdder> counts = new ArrayList<>();
        for (int i = 0; i < series / SERIES_OF_A_QUEUE; i++) {
            DurationCounter one = new DurationCounter();
            for (int j = 0; j < 1000; j++) {
                one.add(ThreadLocalRandom.current().nextLong(1_000_000_000L));
            }
            times.add(one);
            LongAdder count = new LongAdder();
            count.add(i * 1_000L);
            counts.add(count);
        }
        long lines = 0;
        long bytes = 0;
        List<Double> millis = new ArrayList<>();
        for (int i = 0; i < 2 * SCRAPES; i++) {
            long begin = System.nanoTime();
            ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 20);
            PrometheusTextFormatWriter.create().write(out, scrape(times, counts));
            if (i >= SCRAPES) {
                millis.add((System.nanoTime() - begin) / 1e6);
            }
            bytes = out.size();
            lines = out.toString(StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .count();
        }
        return String.format(
                Locale.ROOT,
                "## A scrape%n%n%,d series, %,d bytes: %.1f ms in the median of %d, %.1f ms at the most.%n%n",
                lines,
                bytes,
                at(millis, 0.5),
                SCRAPES,
                at(millis, 1));
    }

    /** As a dispatcher makes it, of so many queues: two histograms and four counters of each. */
    private static MetricSnapshots scrape(List<DurationCounter> times, List<LongAdder> counts) {
        Samples samples = new Samples();
        for (int i = 0; i < times.size(); i++) {
            String queue = "thr:queue:" + i;
            samples.times("thr_wait_seconds", "Wait.", times.get(i).durations(), "queue", queue);
            samples.times("thr_run_seconds", "Run.", times.get(i).durations(), "queue", queue);
            for (String outcome : List.of("answered", "failed")) {
                samples.counter("thr_requests", "Requests.", counts.get(i).sum(), "queue", queue, "outcome", outcome);
            }
        }
        return samples.snapshots();
    }

    private String pairs(Path other) throws IOException {
        ServerProcess upstream = ServerProcess.java("upstream", Servers.READY, HelloUpstream.class.getName());
        ends.push(upstream::close);
        Way plain = way("before", other, upstream, "");
        Path log = Files.createTempFile("benchmark-access", ".log");
        log.toFile().deleteOnExit();
        Way observed = way("after", after, upstream, "access_log: " + log + "\n");
        for (Way way : List.of(plain, observed)) {
            System.err.println("warm-up of " + way.name());
            for (int count : connections) {
                try (HttpLoad load = HttpLoad.connect(way.address(), count)) {
                    load.run(Duration.ofSeconds(warmUp));
                }
            }
        }
        Map<Integer, List<Pair>> pairs = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (int count : connections) {
                Pair pair = pair(plain, observed, count, round % 2 == 0);
                pairs.computeIfAbsent(count, none -> new ArrayList<>()).add(pair);
                System.err.printf(
                        Locale.ROOT,
                        "round %d, %d connections: rate %.3f, CPU %.3f%n",
                        round,
                        count,
                        pair.rate(),
                        pair.cpu());
            }
        }
        return markdown(pairs) + String.format(Locale.ROOT, "%nThe access log has %,d bytes.%n", Files.size(log));
    }

    /** Who is first changes from pair to pair, so that what the machine does by and by meets both. */
    private Pair pair(Way plain, Way observed, int count, boolean plainFirst) throws IOException {
        Duration time = Duration.ofSeconds(seconds);
        if (plainFirst) {
            Sample first = Sample.take(plain, count, time);
            return new Pair(first, Sample.take(observed, count, time));
        }
        Sample first = Sample.take(observed, count, time);
        return new Pair(Sample.take(plain, count, time), first);
    }

    private Way way(String name, Path folder, ServerProcess upstream, String lines) throws IOException {
        RedisProcess redis = RedisProcess.start();
        ends.push(redis::close);
        Path config = Files.createTempFile("benchmark-dispatcher", ".yaml");
        config.toFile().deleteOnExit();
        Files.writeString(config, """
                stats_file: %s.json
                queues:
                  - queue: %s
                    http_host: 127.0.0.1
                    http_port: %d
                    max_concurrent: 2000
                """.formatted(config, ThrProcesses.QUEUE, upstream.port()) + lines);
        ServerProcess front = jar(
                "front",
                FRONT_READY,
                folder.resolve("webapp-demo/target/webapp-demo.jar"),
                "--port",
                "0",
                "--redis",
                redis.url());
        ends.push(front::close);
        ServerProcess dispatcher = jar(
                "dispatcher",
                DISPATCHER_READY,
                folder.resolve("thr-dispatcher/target/thr-dispatcher.jar"),
                "--config",
                config.toString(),
                "--redis",
                redis.url());
        ends.push(dispatcher::close);
        return new Way(name, front.port(), List.of(front, redis.process(), dispatcher, upstream));
    }

    private static ServerProcess jar(String name, Pattern ready, Path jar, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g", "-jar", jar.toString()));
        command.addAll(List.of(args));
        return ServerProcess.start(name, ready, command);
    }

    private String markdown(Map<Integer, List<Pair>> pairs) {
        StringBuilder table = new StringBuilder("## A request\n\n")
                .append(String.format(
                        Locale.ROOT,
                        "%d pairs of %d s each; medians of the pairs' ratios, quartiles behind them. The mark: %.0f %%.%n%n",
                        rounds,
                        seconds,
                        MARK_PERCENT))
                .append("| connections | requests/s | median latency | CPU of front and dispatcher a request |\n")
                .append("|---|---|---|---|\n");
        pairs.forEach((count, ratios) -> table.append("| ")
                .append(count)
                .append(" | ")
                .append(percent(ratios.stream().map(Pair::rate).toList()))
                .append(" | ")
                .append(percent(ratios.stream().map(Pair::median).toList()))
                .append(" | ")
                .append(percent(ratios.stream().map(Pair::cpu).toList()))
                .append(" |\n"));
        return table.toString();
    }

    private static String percent(List<Double> ratios) {
        return String.format(
                Locale.ROOT,
                "%+.1f %% (%+.1f to %+.1f)",
                100 * (at(ratios, 0.5) - 1),
                100 * (at(ratios, 0.25) - 1),
                100 * (at(ratios, 0.75) - 1));
    }

    private static double at(List<Double> values, double share) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.round(share * (sorted.size() - 1)));
    }
}
