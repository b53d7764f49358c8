package io.thr.benchmark;

import io.thr.benchmark.unmatched.UnmatchedRequest;
import io.thr.benchmark.unmatched.UnmatchedRequest.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.IntSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures what a request that no rule matches costs in the filter, in time and in memory, by the number of rules. */
@Command(
        name = "unmatched",
        description = "Measures with JMH what the filter costs a request that no rule matches.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class UnmatchedBenchmark implements Callable<Integer> {

    /** What was asked for: over the bare chain; and the same memory whatever the number of rules. */
    private static final double MARK_NANOS = 1000;

    /** The profiler divides what a whole iteration has allocated, its own odds and ends too. */
    private static final double SAME_BYTES = 2;

    private static final String BYTES = "gc.alloc.rate.norm";

    @Option(
            names = "--rules",
            split = ",",
            defaultValue = "1,10,1000",
            paramLabel = "N",
            description = "numbers of rules (${DEFAULT-VALUE})")
    private List<String> rules = List.of();

    @Option(
            names = "--forks",
            defaultValue = "2",
            paramLabel = "N",
            description = "JVMs for each, one after the other (${DEFAULT-VALUE})")
    private int forks;

    @Option(
            names = "--warm-up",
            defaultValue = "2",
            paramLabel = "N",
            description = "iterations of a second in each JVM before anything is measured (${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--iterations",
            defaultValue = "3",
            paramLabel = "N",
            description = "iterations of a second in each JVM (${DEFAULT-VALUE})")
    private int iterations;

    @Option(
            names = "--results",
            defaultValue = "benchmark/results",
            paramLabel = "DIR",
            description = "where the report is written (${DEFAULT-VALUE})")
    private Path results = Path.of("benchmark/results");

    /** What was measured: through the filter with so many rules, or, with no kind of request, the bare chain. */
    private record Cell(@Nullable Kind kind, int rules) {

        static final Cell BARE = new Cell(null, 0);

        static Cell of(RunResult run) {
            String count = run.getParams().getParam(UnmatchedRequest.RULES);
            return count == null
                    ? BARE
                    : new Cell(Kind.valueOf(run.getParams().getParam(UnmatchedRequest.KIND)), Integer.parseInt(count));
        }
    }

    @Override
    public Integer call() throws IOException, RunnerException {
        String markdown;
        try (RedisProcess redis = RedisProcess.start()) {
            markdown = markdown(redis.version(), times(redis.url()), bytes(redis.url()));
        }
        System.out.println(markdown);
        System.err.println("written to " + Results.in(results).write("-unmatched", markdown));
        return 0;
    }

    private Map<Cell, Result<?>> times(String redis) throws RunnerException {
        Map<Cell, Result<?>> times = new LinkedHashMap<>();
        for (RunResult run : run(options(redis).forks(forks).measurementIterations(iterations))) {
            times.put(Cell.of(run), run.getPrimaryResult());
        }
        return times;
    }

    /** What the code allocates; how much of it the compiler finds it can do without is another matter in each JVM. */
    private Map<Cell, Double> bytes(String redis) throws RunnerException {
        Map<Cell, Double> bytes = new HashMap<>();
        ChainedOptionsBuilder options = options(redis)
                .forks(1)
                .measurementIterations(1)
                .jvmArgsAppend("-XX:-DoEscapeAnalysis")
                .addProfiler(GCProfiler.class);
        for (RunResult run : run(options)) {
            bytes.put(
                    Cell.of(run),
                    Objects.requireNonNull(run.getSecondaryResults().get(BYTES)).getScore());
        }
        return bytes;
    }

    private ChainedOptionsBuilder options(String redis) {
        return new OptionsBuilder()
                .include(UnmatchedRequest.class.getName())
                .param(UnmatchedRequest.RULES, rules.toArray(String[]::new))
                .param(UnmatchedRequest.REDIS, redis)
                .warmupIterations(warmUp)
                .warmupTime(TimeValue.seconds(1))
                .measurementTime(TimeValue.seconds(1))
                .shouldFailOnError(true);
    }

    private static Collection<RunResult> run(ChainedOptionsBuilder options) throws RunnerException {
        return new Runner(options.build(), OutputFormatFactory.createFormatInstance(System.err, VerboseMode.NORMAL))
                .run();
    }

    private String markdown(String redis, Map<Cell, Result<?>> times, Map<Cell, Double> bytes) throws IOException {
        StringBuilder out = new StringBuilder("# A request that no rule matches\n\n")
                .append(Machine.look().toMarkdown())
                .append("- ")
                .append(redis)
                .append("\n- JMH, average time of ")
                .append(forks)
                .append(" JVM(s) with ")
                .append(iterations)
                .append(" iterations of 1 s each\n\n")
                .append("| rules | the header | ns | ± | ns over the chain | bytes |\n|---|---|---|---|---|---|\n");
        double bare = Objects.requireNonNull(times.get(Cell.BARE)).getScore();
        times.forEach((cell, time) -> out.append(line(cell, time, bare, bytes)));
        return out.append(
                        "\nthe header: whether requests have one that rules look at. bytes: allocated for each request, with")
                .append(
                        " -XX:-DoEscapeAnalysis,\nthat is all that the code asks for. Requests have their fields at hand;")
                .append(" what a container's getters cost comes on top.\nAsked: ≤ ")
                .append((int) MARK_NANOS)
                .append(" ns over the chain, and no more bytes with the most rules than with the fewest.")
                .append(" A number that misses\nwhat was asked is **bold**.\n")
                .toString();
    }

    private static String line(Cell cell, Result<?> time, double bare, Map<Cell, Double> bytes) {
        double allocated = bytes.getOrDefault(cell, Double.NaN);
        Kind kind = cell.kind();
        if (kind == null) {
            return String.format(
                    Locale.ROOT,
                    "| no filter | – | %.1f | %.1f | – | %.0f |%n",
                    time.getScore(),
                    time.getScoreError(),
                    allocated);
        }
        IntSummaryStatistics counts = bytes.keySet().stream()
                .filter(other -> other.kind() == kind)
                .mapToInt(Cell::rules)
                .summaryStatistics();
        double fewest = bytes.getOrDefault(new Cell(kind, counts.getMin()), allocated);
        double over = time.getScore() - bare;
        return String.format(
                Locale.ROOT,
                "| %d | %s | %.1f | %.1f | %s | %s |%n",
                cell.rules(),
                kind.label(),
                time.getScore(),
                time.getScoreError(),
                marked("%.1f", over, over > MARK_NANOS),
                marked("%.0f", allocated, cell.rules() == counts.getMax() && allocated > fewest + SAME_BYTES));
    }

    private static String marked(String format, double number, boolean isMissed) {
        return String.format(Locale.ROOT, isMissed ? "**" + format + "**" : format, number);
    }
}
