package io.thr.benchmark.rate;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** So many callers that ask one decider as fast as it decides. Not for threads to share. */
public final class Load {

    /**
     * What a run gave.
     *
     * @param notGranted how many were refused or failed; none should
     * @param failure one of those that failed
     * @param elapsed until the last decision
     */
    public record Outcome(
            long decisions,
            long notGranted,
            Optional<Throwable> failure,
            Duration elapsed,
            Duration p50,
            Duration p99) {

        /** How many a second were granted. */
        public double decisionsPerSecond() {
            return decisions / (elapsed.toNanos() / 1e9);
        }
    }

    private final List<Tally> tallies;
    private final Callers callers;

    /** Callers of that number, for all keys of the workload. */
    public Load(Decider decider, Workload workload, int count) {
        List<KeyChoice> choices = IntStream.range(0, count)
                .mapToObj(caller -> new KeyChoice(workload.keys(), caller, count))
                .toList();
        tallies = Stream.generate(Tally::new).limit(count).toList();
        if (decider instanceof Decider.Async async) {
            callers = new AsyncCallers(async.grants(), choices, tallies);
        } else {
            callers = new BlockingCallers(((Decider.Blocking) decider).grants(), choices, tallies);
        }
    }

    /** Asks for that time, the first time at least until every key has been asked for. */
    public Outcome run(Duration duration) throws InterruptedException {
        tallies.forEach(Tally::reset);
        long begin = System.nanoTime();
        callers.run(begin + duration.toNanos());
        Duration elapsed = Duration.ofNanos(System.nanoTime() - begin);
        Histogram latencies = Tally.latencies(tallies);
        return new Outcome(
                latencies.getTotalCount(),
                Tally.notGranted(tallies),
                Tally.failure(tallies),
                elapsed,
                Duration.ofNanos(latencies.getValueAtPercentile(50)),
                Duration.ofNanos(latencies.getValueAtPercentile(99)));
    }
}
