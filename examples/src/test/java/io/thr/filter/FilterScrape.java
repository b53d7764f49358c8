package io.thr.filter;

import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.thr.filter.config.FilterSettings;

/** What a filter tells Prometheus, for tests in other packages. */
public final class FilterScrape {

    private FilterScrape() {}

    /** Starts what is behind one, and asks it once. */
    public static MetricSnapshots of(FilterSettings settings) {
        try (Node node = new Node(settings, true)) {
            var unused = node.gate(settings);
            return node.metrics().scrape();
        }
    }
}
