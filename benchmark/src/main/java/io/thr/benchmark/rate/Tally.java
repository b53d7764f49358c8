package io.thr.benchmark.rate;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What one caller has seen. Its caller owns it, and hands it from thread to thread with its decisions. */
final class Tally {

    private static final long SHORTEST_NANOS = 256;
    private static final long LONGEST_NANOS = 60_000_000_000L;

    /** Two digits are enough, and those of all callers must not drive everything else from the processor's cache. */
    private final Histogram latencies = new Histogram(SHORTEST_NANOS, LONGEST_NANOS, 2);

    private long notGranted;
    private @Nullable Throwable failure;

    static Histogram latencies(List<Tally> tallies) {
        Histogram all = new Histogram(SHORTEST_NANOS, LONGEST_NANOS, 2);
        tallies.forEach(tally -> all.add(tally.latencies));
        return all;
    }

    static long notGranted(List<Tally> tallies) {
        return tallies.stream().mapToLong(tally -> tally.notGranted).sum();
    }

    /** One of the failures, if there were any. */
    static Optional<Throwable> failure(List<Tally> tallies) {
        return tallies.stream()
                .map(tally -> tally.failure)
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .findFirst();
    }

    void reset() {
        latencies.reset();
        notGranted = 0;
        failure = null;
    }

    void granted(long nanos) {
        latencies.recordValue(Math.min(nanos, LONGEST_NANOS));
    }

    void refused() {
        notGranted++;
    }

    void failed(Throwable why) {
        notGranted++;
        failure = why;
    }
}
