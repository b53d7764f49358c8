package io.thr.admin.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.thr.core.bus.Durations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects the samples of one scrape. Those of the same name and labels are added up, as two entries of a configuration may
 * serve queues of the same name. For one thread.
 *
 * <p>Names are without {@code _total} and without {@code _bucket}, which the format adds.
 */
public final class Samples {

    private static final double[] BOUNDS_SECONDS = bounds();

    private final Map<String, Family> families = new LinkedHashMap<>();

    /** None yet. */
    public Samples() {}

    private static double[] bounds() {
        int size = Durations.BOUNDS_MILLIS.size();
        double[] bounds = new double[size + 1];
        for (int i = 0; i < size; i++) {
            bounds[i] = Durations.BOUNDS_MILLIS.get(i) / 1000;
        }
        bounds[size] = Double.POSITIVE_INFINITY;
        return bounds;
    }

    private abstract static class Family {

        private final String name;
        private final String help;

        Family(String name, String help) {
            this.name = name;
            this.help = help;
        }

        abstract MetricSnapshot snapshot();
    }

    private static final class CounterFamily extends Family {

        private final Map<Labels, Long> values = new LinkedHashMap<>();

        CounterFamily(String name, String help) {
            super(name, help);
        }

        @Override
        MetricSnapshot snapshot() {
            CounterSnapshot.Builder builder =
                    CounterSnapshot.builder().name(super.name).help(super.help);
            values.forEach((labels, value) -> builder.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                    .labels(labels)
                    .value((double) value)
                    .build()));
            return builder.build();
        }
    }

    private static final class GaugeFamily extends Family {

        private final Map<Labels, Double> values = new LinkedHashMap<>();

        GaugeFamily(String name, String help) {
            super(name, help);
        }

        @Override
        MetricSnapshot snapshot() {
            GaugeSnapshot.Builder builder =
                    GaugeSnapshot.builder().name(super.name).help(super.help);
            values.forEach((labels, value) -> builder.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                    .labels(labels)
                    .value(value)
                    .build()));
            return builder.build();
        }
    }

    private static final class HistogramFamily extends Family {

        private final Map<Labels, Durations> values = new LinkedHashMap<>();

        HistogramFamily(String name, String help) {
            super(name, help);
        }

        @Override
        MetricSnapshot snapshot() {
            HistogramSnapshot.Builder builder =
                    HistogramSnapshot.builder().name(super.name).help(super.help);
            values.forEach((labels, durations) ->
                    builder.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                            .labels(labels)
                            .classicHistogramBuckets(ClassicHistogramBuckets.of(
                                    BOUNDS_SECONDS,
                                    durations.counts().stream()
                                            .mapToLong(Long::longValue)
                                            .toArray()))
                            .sum(durations.sumMillis() / 1000)
                            .build()));
            return builder.build();
        }
    }

    /**
     * How often something has happened since the program began.
     *
     * @param labels names and values in turn
     */
    public Samples counter(String name, String help, long value, String... labels) {
        CounterFamily family = (CounterFamily) families.computeIfAbsent(name, none -> new CounterFamily(name, help));
        family.values.merge(Labels.of(labels), value, Long::sum);
        return this;
    }

    /** How much there is of something now. */
    public Samples gauge(String name, String help, long value, String... labels) {
        return seconds(name, help, (double) value, labels);
    }

    /** For how long something has been so. */
    public Samples seconds(String name, String help, double value, String... labels) {
        GaugeFamily family = (GaugeFamily) families.computeIfAbsent(name, none -> new GaugeFamily(name, help));
        family.values.merge(Labels.of(labels), value, Double::sum);
        return this;
    }

    /** How long something has taken since the program began. */
    public Samples times(String name, String help, Durations durations, String... labels) {
        HistogramFamily family =
                (HistogramFamily) families.computeIfAbsent(name, none -> new HistogramFamily(name, help));
        family.values.merge(Labels.of(labels), durations, Durations::plus);
        return this;
    }

    /** All of them. */
    public MetricSnapshots snapshots() {
        List<MetricSnapshot> all = new ArrayList<>(families.size());
        families.values().forEach(family -> all.add(family.snapshot()));
        return new MetricSnapshots(all);
    }
}
