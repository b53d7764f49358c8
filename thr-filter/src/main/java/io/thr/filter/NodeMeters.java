package io.thr.filter;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.thr.admin.metrics.RedisSamples;
import io.thr.admin.metrics.Samples;
import io.thr.filter.rate.RateCounts;
import io.thr.filter.suspend.FilterMeters;

/** What a node has counted, as a scrape takes it. Labels are those of the configuration, so that their number is bounded. */
final class NodeMeters implements MultiCollector {

    private static final String RATE = "thr_rate_decisions";
    private static final String RATE_HELP = "What rate policies have said of requests.";

    private final Node node;

    NodeMeters(Node node) {
        this.node = node;
    }

    @Override
    public MetricSnapshots collect() {
        Samples samples = new Samples();
        FilterMeters meters = node.exchanges().meters();
        for (FilterMeters.Verdict verdict : FilterMeters.Verdict.values()) {
            samples.counter(
                    "thr_filter_requests",
                    "Requests, by what was decided of them.",
                    meters.count(verdict),
                    "verdict",
                    verdict.label());
        }
        for (FilterMeters.Got got : FilterMeters.Got.values()) {
            samples.counter(
                    "thr_filter_responses",
                    "Requests that waited and have ended, by the class of what their clients got.",
                    meters.count(got),
                    "class",
                    got.label());
        }
        samples.times("thr_filter_wait_seconds", "From suspending a request to its response.", meters.waits());
        samples.gauge(
                "thr_filter_suspended",
                "Requests that wait in queues.",
                node.exchanges().suspended());
        samples.gauge(
                "thr_filter_delayed",
                "Requests that wait for a rate policy.",
                node.delayed().size());
        samples.gauge(
                "thr_filter_connected",
                "Whether Redis can be reached, as far as is known.",
                node.exchanges().isUp() ? 1 : 0);
        node.rateCounts().forEach((policy, count) -> rates(samples, policy, count));
        RedisSamples.add(
                samples,
                node.exchanges().redis().address(),
                node.exchanges().isUp(),
                node.exchanges().redisFigures());
        return samples.snapshots();
    }

    private static void rates(Samples samples, String policy, RateCounts.Count count) {
        samples.counter(RATE, RATE_HELP, count.granted(), "policy", policy, "outcome", "granted");
        samples.counter(RATE, RATE_HELP, count.exceeded(), "policy", policy, "outcome", "exceeded");
        samples.counter(RATE, RATE_HELP, count.delayed(), "policy", policy, "outcome", "delayed");
        samples.counter(RATE, RATE_HELP, count.undecided(), "policy", policy, "outcome", "undecided");
    }
}
