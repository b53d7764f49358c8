package io.thr.benchmark;

import io.thr.benchmark.server.EventUpstream;
import java.io.IOException;
import java.net.InetSocketAddress;
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

/**
 * Measures how late server-sent events arrive, of many streams with ten a second each, and how long a stream takes to begin:
 * directly, through Jetty's proxy and through THR, in turn.
 */
@Command(
        name = "streams",
        description =
                "Measures server-sent events on the direct way, through Jetty's asynchronous proxy and through THR.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class StreamBenchmark implements Callable<Integer> {

    private static final int EVENTS_PER_SECOND = 10;
    private static final int FIRST_BYTES = 200;
    private static final Duration LEAD_IN = Duration.ofSeconds(2);

    /** What was asked for: of the delay of 99 in 100 events, and of the first byte over that of the proxy. */
    private static final double MARK_P99_MILLIS = 50;

    private static final double MARK_FIRST_MILLIS = 5;

    @Option(
            names = "--streams",
            defaultValue = "1000",
            paramLabel = "N",
            description = "how many streams at a time (${DEFAULT-VALUE})")
    private int streams;

    @Option(
            names = "--seconds",
            defaultValue = "10",
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
            defaultValue = "10",
            paramLabel = "N",
            description = "seconds of load on each way before anything is measured (${DEFAULT-VALUE})")
    private int warmUp;

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

    /** One measurement; the CPU time of each process for each event, in microseconds. */
    private record Delays(EventLoad.Outcome outcome, double firstMillis, Map<String, Double> cpuMicros) {

        double p50() {
            return outcome.p50().toNanos() / 1e6;
        }

        double p99() {
            return outcome.p99().toNanos() / 1e6;
        }

        double max() {
            return outcome.max().toNanos() / 1e6;
        }
    }

    @Override
    public Integer call() throws IOException {
        Map<String, List<Delays>> samples = new LinkedHashMap<>();
        String redis = "no Redis";
        try (Servers servers = Servers.start(ways, EventUpstream.class)) {
            redis = servers.redisVersion().orElse(redis);
            for (Way way : servers.ways()) {
                System.err.println("warm-up of " + way.name());
                take(way, servers.upstream(), Duration.ofSeconds(warmUp));
            }
            for (int round = 1; round <= rounds; round++) {
                for (Way way : servers.ways()) {
                    Delays delays = take(way, servers.upstream(), Duration.ofSeconds(seconds));
                    samples.computeIfAbsent(way.name(), none -> new ArrayList<>())
                            .add(delays);
                    System.err.printf(
                            Locale.ROOT,
                            "round %d, %s: %d events, p99 %.1f ms, first byte after %.1f ms%n",
                            round,
                            way.name(),
                            delays.outcome().events(),
                            delays.p99(),
                            delays.firstMillis());
                }
            }
        }
        String markdown = markdown(redis, samples);
        System.out.println(markdown);
        System.err.println("written to " + Results.in(results).write("-streams", markdown));
        return 0;
    }

    private Delays take(Way way, InetSocketAddress upstream, Duration duration) throws IOException {
        double first = Report.median(EventLoad.firstBytes(way.address(), FIRST_BYTES), time -> time.toNanos() / 1e6);
        EventLoad.awaitEnd(upstream);
        try (EventLoad load = EventLoad.open(way.address(), streams)) {
            load.run(LEAD_IN);
            Map<String, Duration> before = Sample.cpu(way.processes());
            EventLoad.Outcome outcome = load.run(duration);
            Map<String, Double> spent = new LinkedHashMap<>();
            Sample.cpu(way.processes())
                    .forEach((name, after) -> spent.put(
                            name,
                            after.minus(before.getOrDefault(name, Duration.ZERO))
                                            .toNanos()
                                    / 1e3
                                    / outcome.events()));
            return new Delays(outcome, first, spent);
        } finally {
            EventLoad.awaitEnd(upstream);
        }
    }

    private String markdown(String redis, Map<String, List<Delays>> samples) throws IOException {
        StringBuilder out = new StringBuilder("# Server-sent events\n\n")
                .append(Machine.look().toMarkdown())
                .append("- ")
                .append(redis)
                .append("\n- ")
                .append(streams)
                .append(" streams of ")
                .append(EVENTS_PER_SECOND)
                .append(" events/s each, medians of ")
                .append(rounds)
                .append(" round(s)\n\n| way | events/s | p50 ms | p99 ms | max ms | first byte ms |");
        Report.PROCESSES.forEach(
                process -> out.append(" CPU µs ").append(process).append(" |"));
        out.append("\n|---|---|---|---|---|---|")
                .append("---|".repeat(Report.PROCESSES.size()))
                .append('\n');
        double proxyFirst = samples.containsKey("proxy")
                ? Report.median(samples.get("proxy"), Delays::firstMillis)
                : Double.MAX_VALUE;
        samples.forEach((way, taken) -> out.append(line(way, taken, proxyFirst)));
        return out.append("\nmax ms: the longest of all rounds. CPU µs: for each event. Asked of THR: p99 ≤ ")
                .append((int) MARK_P99_MILLIS)
                .append(" ms, the first byte at most ")
                .append((int) MARK_FIRST_MILLIS)
                .append(" ms\nlater than the proxy's, and ")
                .append(streams * EVENTS_PER_SECOND)
                .append(" events/s. A number that misses what was asked is **bold**.\n")
                .toString();
    }

    private String line(String way, List<Delays> taken, double proxyFirst) {
        StringBuilder cpu = new StringBuilder();
        for (String process : Report.PROCESSES) {
            boolean isOnIt = taken.get(0).cpuMicros().containsKey(process);
            cpu.append(
                    isOnIt
                            ? String.format(
                                    Locale.ROOT,
                                    " %.1f |",
                                    Report.median(
                                            taken, delays -> delays.cpuMicros().getOrDefault(process, 0.0)))
                            : " – |");
        }
        boolean isAsked = way.equals("thr");
        double p99 = Report.median(taken, Delays::p99);
        double first = Report.median(taken, Delays::firstMillis);
        double perSecond =
                Report.median(taken, delays -> (double) delays.outcome().events() / seconds);
        return String.format(
                Locale.ROOT,
                "| %s | %s | %.2f | %s | %.1f | %s |%s%n",
                way,
                marked("%.0f", perSecond, isAsked && perSecond < 0.99 * streams * EVENTS_PER_SECOND),
                Report.median(taken, Delays::p50),
                marked("%.1f", p99, isAsked && p99 > MARK_P99_MILLIS),
                taken.stream().mapToDouble(Delays::max).max().orElse(0),
                marked("%.2f", first, isAsked && first - proxyFirst > MARK_FIRST_MILLIS),
                cpu);
    }

    private static String marked(String format, double number, boolean isMissed) {
        return String.format(Locale.ROOT, isMissed ? "**" + format + "**" : format, number);
    }
}
