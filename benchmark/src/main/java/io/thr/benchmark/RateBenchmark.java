package io.thr.benchmark;

import io.thr.benchmark.rate.Contender;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * Measures rate decisions, THR's and those of others. Each cell of the table is measured in turn with the others, round after
 * round; only one contender is connected at a time, and each finds Redis empty.
 */
@Command(
        name = "rate",
        description = "Measures rate decisions, THR's and those of others: no HTTP, all are granted.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class RateBenchmark implements Callable<Integer> {

    private static final int WARM_UP_CALLERS = 64;

    @Option(
            names = "--seconds",
            defaultValue = "2",
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
            defaultValue = "3",
            paramLabel = "N",
            description = "seconds of load by each contender, for each number of keys, before anything is measured"
                    + " (${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--callers",
            split = ",",
            defaultValue = "1,8,64,256",
            paramLabel = "N",
            description = "how many decisions are under way at a time (${DEFAULT-VALUE})")
    private List<Integer> callers = List.of();

    @Option(
            names = "--keys",
            split = ",",
            defaultValue = "1,10000",
            paramLabel = "N",
            description = "numbers of keys, all as likely as each other (${DEFAULT-VALUE})")
    private List<Integer> keys = List.of();

    @Option(
            names = "--contenders",
            split = ",",
            paramLabel = "NAME",
            converter = Named.class,
            description = "who is measured (all: ${COMPLETION-CANDIDATES})",
            completionCandidates = Names.class)
    private List<Contender> contenders = List.of(Contender.values());

    @Option(
            names = "--results",
            defaultValue = "benchmark/results",
            paramLabel = "DIR",
            description = "where the report is written (${DEFAULT-VALUE})")
    private Path results = Path.of("benchmark/results");

    /** What {@code --contenders} may say. */
    private static final class Names extends ArrayList<String> {
        private Names() {
            super(Contender.labels());
        }
    }

    /** Reads {@code --contenders}. */
    private static final class Named implements ITypeConverter<Contender> {
        @Override
        public Contender convert(String label) {
            try {
                return Contender.named(label);
            } catch (IllegalArgumentException unknown) {
                throw new TypeConversionException(unknown.getMessage());
            }
        }
    }

    @Override
    public Integer call() throws Exception {
        try (RedisProcess redis = RedisProcess.start()) {
            RateReport report = new RateReport(Machine.look(), redis.version());
            for (Contender contender : contenders) {
                progress("warm-up of " + contender.label());
                for (int count : keys) {
                    RateSample.take(redis, contender, count, WARM_UP_CALLERS, Duration.ofSeconds(warmUp));
                }
            }
            for (int round = 1; round <= rounds; round++) {
                measure(redis, round, report);
            }
            String markdown = report.toMarkdown();
            System.out.println(markdown);
            progress("written to " + Results.in(results).write("-rate", markdown));
        }
        return 0;
    }

    private void measure(RedisProcess redis, int round, RateReport report) throws Exception {
        for (int keyCount : keys) {
            for (int callerCount : callers) {
                for (Contender contender : contenders) {
                    RateSample sample =
                            RateSample.take(redis, contender, keyCount, callerCount, Duration.ofSeconds(seconds));
                    report.add(new RateReport.Cell(keyCount, callerCount), contender, sample);
                    progress(String.format(
                            Locale.ROOT,
                            "round %d, %d key(s), %d callers, %s: %.0f/s",
                            round,
                            keyCount,
                            callerCount,
                            contender.label(),
                            sample.decisionsPerSecond()));
                    sample.outcome().failure().ifPresent(failure -> progress("failed: " + failure));
                }
            }
        }
    }

    private static void progress(String line) {
        System.err.println(line);
    }
}
