package io.thr.filter;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.http.Answers;
import io.thr.filter.rate.RateCounts;
import io.thr.filter.rate.RateGate;
import io.thr.filter.rate.RateNode;
import io.thr.filter.suspend.BlockedThreads;
import io.thr.filter.suspend.DelayedExchanges;
import io.thr.filter.suspend.FilterNode;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What a filter has from its start to its end, under whatever configuration: connections, exchanges that wait, what has been
 * counted. Threads may share it.
 */
final class Node implements AutoCloseable {

    private final String name = RequestId.next();
    private final String bus;
    private final boolean isAlone;
    private final PrometheusRegistry metrics = new PrometheusRegistry();
    private final FilterNode exchanges;
    private final DelayedExchanges delayed;
    private final BlockedThreads threads;
    private final AtomicInteger asking = new AtomicInteger();
    private volatile @Nullable RateNode rates;

    /**
     * Connects; without a Redis it begins all the same.
     *
     * @param isAlone whether the application has no other filter
     */
    Node(FilterSettings settings, boolean isAlone) {
        this.bus = settings.bus();
        this.isAlone = isAlone;
        this.exchanges = new FilterNode(settings, name);
        this.delayed = new DelayedExchanges(new Answers(settings.rules()));
        this.threads = new BlockedThreads(settings.maxBlockedThreads());
        metrics.register(new NodeMeters(this));
    }

    /** What it is called on its bus. */
    String name() {
        return name;
    }

    /** The bus's name. */
    String bus() {
        return bus;
    }

    /** What is measured here, for whoever serves it to Prometheus. */
    PrometheusRegistry metrics() {
        return metrics;
    }

    boolean isAlone() {
        return isAlone;
    }

    FilterNode exchanges() {
        return exchanges;
    }

    DelayedExchanges delayed() {
        return delayed;
    }

    BlockedThreads threads() {
        return threads;
    }

    /** How many threads wait for rate policies now. */
    AtomicInteger asking() {
        return asking;
    }

    /** Decides the rate policies of the rules of those settings; null where there never were any. For one thread at a time. */
    @Nullable
    RateGate gate(FilterSettings settings) {
        RateNode connected = rates;
        if (connected == null && settings.rules().rateLimits().isEmpty()) {
            return null;
        }
        if (connected == null) {
            // a server that is known to be away would keep the start waiting
            connected = new RateNode(settings, exchanges.redis(), name, exchanges.isUp());
            rates = connected;
        }
        return new RateGate(settings, connected);
    }

    Map<String, RateCounts.Count> rateCounts() {
        RateNode connected = rates;
        return connected == null ? Map.of() : connected.counts().all();
    }

    int suspended() {
        return exchanges.suspended() + delayed.size();
    }

    /** Ends what waits: up to the grace time by its responses, the rest with 503. */
    @Override
    public void close() {
        delayed.close();
        exchanges.close();
        RateNode connected = rates;
        if (connected != null) {
            connected.close();
        }
    }
}
