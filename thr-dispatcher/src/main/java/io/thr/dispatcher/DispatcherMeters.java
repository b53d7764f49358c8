package io.thr.dispatcher;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.thr.admin.metrics.BusSamples;
import io.thr.admin.metrics.RedisSamples;
import io.thr.admin.metrics.Samples;
import io.thr.core.bus.MemberReport;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.Scheduling;
import io.thr.dispatcher.upstream.ServerFigures;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What this dispatcher has counted and does now, as a scrape takes it and as it tells the bus. Labels are queues, limits and
 * servers of the configuration, so that their number is bounded. An entry of the queues goes by the name of its first. Threads
 * may share it.
 */
final class DispatcherMeters implements MultiCollector {

    private final Collection<Bus> buses;
    private final Collection<Finisher> finishers;
    private final Running running;
    private final Counters counters;
    private final AccessLog accessLog;
    private final Supplier<Scheduling> scheduling;
    private final InstantSource clock;
    private final Instant startedAt;
    private final Map<Bus, BusSamples> states = new ConcurrentHashMap<>();

    DispatcherMeters(
            Collection<Bus> buses,
            Collection<Finisher> finishers,
            Running running,
            Counters counters,
            AccessLog accessLog,
            Supplier<Scheduling> scheduling,
            InstantSource clock) {
        this.buses = buses;
        this.finishers = finishers;
        this.running = running;
        this.counters = counters;
        this.accessLog = accessLog;
        this.scheduling = scheduling;
        this.clock = clock;
        this.startedAt = clock.instant();
    }

    @Override
    public MetricSnapshots collect() {
        Samples samples = new Samples();
        IdentityHashMap<Route, Integer> now = runningByRoute();
        for (Finisher finisher : finishers) {
            Route route = finisher.route();
            add(samples, route, now.getOrDefault(route, 0));
        }
        outcomes(samples, counters.elsewhere(), "other");
        for (Bus bus : buses) {
            add(samples, bus);
        }
        for (MaxLimit limit : scheduling.get().limits().inOrder()) {
            samples.counter(
                    "thr_limit_blocks",
                    "Requests that could not run at once because of the limit.",
                    counters.blocks(limit.name()),
                    "limit",
                    limit.name());
        }
        samples.counter(
                "thr_access_log_dropped",
                "Lines of the access log that were not written, as more came than could be.",
                accessLog.dropped());
        return samples.snapshots();
    }

    private static void add(Samples samples, Route route, int runningNow) {
        String queue = first(route);
        RouteMeters meters = route.meters();
        MemberReport.Counts counts = meters.counts();
        samples.counter("thr_taken", "Requests taken off their queues.", counts.taken(), "queue", queue);
        samples.counter("thr_begun", "Requests sent upstream, or about to be.", counts.begun(), "queue", queue);
        outcomes(samples, meters, queue);
        samples.counter(
                "thr_retries",
                "Requests begun again, after an attempt here or elsewhere came to nothing.",
                counts.retried(),
                "queue",
                queue);
        samples.times(
                "thr_wait_seconds",
                "From a request's creation until it is begun.",
                meters.waits().durations(),
                "queue",
                queue);
        samples.times(
                "thr_run_seconds",
                "From the call of the upstream until the response's end has been said.",
                meters.runs().durations(),
                "queue",
                queue);
        samples.gauge("thr_running", "Requests that run here.", runningNow, "queue", queue);
        samples.gauge(
                "thr_max_concurrent",
                "How many requests may run here.",
                route.settings().maxConcurrent(),
                "queue",
                queue);
        route.upstream().figures().forEach(server -> add(samples, queue, server));
    }

    private static void outcomes(Samples samples, RouteMeters meters, String queue) {
        for (RouteMeters.Outcome outcome : RouteMeters.Outcome.values()) {
            samples.counter(
                    "thr_requests",
                    "Requests that have ended for this dispatcher, by how.",
                    meters.count(outcome),
                    "queue",
                    queue,
                    "outcome",
                    outcome.label());
        }
    }

    private static void add(Samples samples, String queue, ServerFigures server) {
        String[] labels = {"queue", queue, "server", server.url()};
        samples.counter("thr_upstream_calls", "Calls of the server, repeats included.", server.calls(), labels);
        samples.counter(
                "thr_upstream_failures", "Calls that could not be connected, or broke.", server.failures(), labels);
        samples.counter(
                "thr_upstream_retries", "Calls that were a repeat of one that failed.", server.retries(), labels);
        samples.counter("thr_upstream_ejections", "How often the server was left out.", server.ejections(), labels);
        samples.counter(
                "thr_upstream_connections_opened",
                "Connections to the server that were opened and used.",
                server.connectionsOpened(),
                labels);
        samples.counter(
                "thr_upstream_connections_reused",
                "Calls over a connection that had served before.",
                server.connectionsReused(),
                labels);
        samples.gauge("thr_upstream_running", "Calls of the server that are under way.", server.running(), labels);
        samples.gauge("thr_upstream_ejected", "Whether the server is left out now.", server.ejected() ? 1 : 0, labels);
    }

    private void add(Samples samples, Bus bus) {
        samples.gauge(
                "thr_waiting",
                "Requests that wait on the bus as tickets, as this dispatcher has last heard.",
                bus.waiting().get(),
                "redis",
                bus.address());
        samples.gauge(
                "thr_lease_sure",
                "Whether this dispatcher's lease is sure: else it begins nothing.",
                bus.lease().isSure() ? 1 : 0,
                "redis",
                bus.address());
        RedisSamples.add(samples, bus.address(), bus.redis().isUp(), bus.redis().figures());
        states.computeIfAbsent(bus, one -> new BusSamples(one.reader()::state))
                .add(
                        samples,
                        bus.address(),
                        queuesOf(bus),
                        scheduling.get().limits().maxima().keySet());
    }

    private Set<String> queuesOf(Bus bus) {
        Set<String> queues = new HashSet<>();
        for (Finisher finisher : finishers) {
            if (finisher.route().bus().equals(bus)) {
                queues.addAll(finisher.route().settings().queues());
            }
        }
        return queues;
    }

    private IdentityHashMap<Route, Integer> runningByRoute() {
        IdentityHashMap<Route, Integer> byRoute = new IdentityHashMap<>();
        for (Execution execution : running.all()) {
            byRoute.merge(execution.route(), 1, Integer::sum);
        }
        return byRoute;
    }

    private static String first(Route route) {
        return route.settings().queues().get(0);
    }

    /** What it says of itself on that bus. */
    MemberReport report(Bus bus, MemberIdentity identity, boolean stopping) {
        IdentityHashMap<Route, Integer> now = runningByRoute();
        List<MemberReport.Route> routes = finishers.stream()
                .map(Finisher::route)
                .filter(route -> route.bus().equals(bus))
                .map(route -> report(route, now.getOrDefault(route, 0)))
                .toList();
        return new MemberReport(
                clock.instant(), identity.host(), identity.pid(), identity.version(), startedAt, stopping, routes);
    }

    private static MemberReport.Route report(Route route, int runningNow) {
        RouteMeters meters = route.meters();
        return new MemberReport.Route(
                route.settings().queues(),
                route.settings().maxConcurrent(),
                runningNow,
                meters.counts(),
                meters.waits().durations(),
                meters.runs().durations(),
                route.upstream().figures().stream()
                        .map(server -> new MemberReport.Server(
                                server.url(),
                                (int) server.running(),
                                server.ejected(),
                                server.calls(),
                                server.retries(),
                                server.failures()))
                        .toList());
    }
}
