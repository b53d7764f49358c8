package io.thr.core.bus;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many of some times were how long: a histogram with fixed bounds, so that those of several members can be added, and an
 * earlier one taken off.
 *
 * @param counts how many were at most {@link #BOUNDS_MILLIS} of the same place and more than the one before; the last counts those
 *     that were longer than all bounds
 * @param sumMillis of all
 */
public record Durations(List<Long> counts, double sumMillis) {

    /** Upper bounds, in ms. */
    public static final List<Double> BOUNDS_MILLIS = List.of(
            1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0, 30_000.0,
            60_000.0, 300_000.0);

    /** No time yet. */
    public static final Durations NONE = new Durations(Collections.nCopies(BOUNDS_MILLIS.size() + 1, 0L), 0);

    /** Copies the list, and checks its size. */
    public Durations {
        counts = List.copyOf(counts);
        if (counts.size() != BOUNDS_MILLIS.size() + 1) {
            throw new IllegalArgumentException(
                    "counts: " + counts.size() + " (expected: " + (BOUNDS_MILLIS.size() + 1) + ")");
        }
    }

    /** How many. */
    public long count() {
        return counts.stream().mapToLong(Long::longValue).sum();
    }

    /** Both together. */
    public Durations plus(Durations other) {
        return with(other, 1);
    }

    /** Those since an earlier state; nothing where that was of an earlier life, and had more. */
    public Durations since(Durations earlier) {
        Durations difference = with(earlier, -1);
        return difference.counts.stream().anyMatch(count -> count < 0) ? NONE : difference;
    }

    private Durations with(Durations other, int sign) {
        Long[] sums = new Long[counts.size()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = counts.get(i) + sign * other.counts.get(i);
        }
        return new Durations(List.of(sums), sumMillis + sign * other.sumMillis);
    }

    /**
     * The time that a share of all did not pass, interpolated between bounds; null where there is none.
     *
     * @param share 0 to 1, such as 0.95
     */
    public @Nullable Duration quantile(double share) {
        long all = count();
        if (all == 0) {
            return null;
        }
        double rank = share * all;
        double below = 0;
        for (int i = 0; i < BOUNDS_MILLIS.size(); i++) {
            long here = counts.get(i);
            if (here > 0 && below + here >= rank) {
                double lower = i == 0 ? 0 : BOUNDS_MILLIS.get(i - 1);
                double millis = lower + (BOUNDS_MILLIS.get(i) - lower) * (rank - below) / here;
                return Duration.ofNanos(Math.round(millis * 1e6));
            }
            below += here;
        }
        return Duration.ofNanos(Math.round(BOUNDS_MILLIS.get(BOUNDS_MILLIS.size() - 1) * 1e6));
    }
}
