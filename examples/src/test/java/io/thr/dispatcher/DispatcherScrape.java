package io.thr.dispatcher;

import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.thr.dispatcher.config.DispatcherSettings;

/** What a dispatcher tells Prometheus, for tests in other packages. */
public final class DispatcherScrape {

    private DispatcherScrape() {}

    /** Starts one, and asks it once. */
    public static MetricSnapshots of(DispatcherSettings settings) {
        try (Dispatcher dispatcher = Dispatcher.start(settings)) {
            return dispatcher.metrics().scrape();
        }
    }
}
