package io.thr.dispatcher;

import static java.lang.System.Logger.Level.DEBUG;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.Scheduling;
import io.thr.core.message.RequestMessage;
import io.thr.dispatcher.upstream.ServerFigures;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What is going on, as JSON with the keys of the original's stats file. Threads may share it; it waits for Redis.
 *
 * <p>{@code blocked_requests} and {@code counters} are of the whole bus, but for {@code _blocks}, which is how often a
 * request of this dispatcher could not run at once because of that limit. {@code buried_message_counter} is ours, and so
 * are {@code upstreams} and {@code _globalqueue}. An idle dispatcher asks for the counters less often, and what others run shows up later.
 */
final class Stats {

    private static final System.Logger LOG = System.getLogger(Stats.class.getName());
    private static final JsonMapper JSON = new JsonMapper();

    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Duration IDLE_EVERY = Duration.ofSeconds(10);

    private final Collection<Bus> buses;
    private final Collection<Finisher> finishers;
    private final Running running;
    private final Counters counters;
    private final Supplier<Scheduling> scheduling;
    private final InstantSource clock;
    private volatile Usage last = new Usage(Map.of(), Map.of(), Map.of(), Long.MIN_VALUE);

    Stats(
            Collection<Bus> buses,
            Collection<Finisher> finishers,
            Running running,
            Counters counters,
            Supplier<Scheduling> scheduling,
            InstantSource clock) {
        this.buses = buses;
        this.finishers = finishers;
        this.running = running;
        this.counters = counters;
        this.scheduling = scheduling;
        this.clock = clock;
    }

    /** What the bus says of its limits: by limit, what is in force, how many run, how many wait for it. */
    private record Usage(
            Map<String, Long> maxima, Map<String, Long> running, Map<String, Long> waiting, long askedMillis) {}

    /** As it is now. */
    String json(StoppingMode mode) {
        last = usage();
        return write(mode);
    }

    /** As it is now, without the query of any request. */
    String jsonWithoutQueries(StoppingMode mode) {
        last = usage();
        return write(mode, RequestMessage::path);
    }

    /** As it is now, but of an idle dispatcher the limits may be as they were a moment ago. */
    String jsonToWrite(StoppingMode mode) {
        boolean idle = running.size() == 0 && waiting() == 0;
        if (!idle || clock.millis() - last.askedMillis >= IDLE_EVERY.toMillis() || last.askedMillis < 0) {
            last = usage();
        }
        return write(mode);
    }

    private String write(StoppingMode mode) {
        return write(mode, RequestMessage::target);
    }

    private String write(StoppingMode mode, Function<RequestMessage, String> target) {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(stats(mode, target));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("strings and numbers could not be written as JSON", e);
        }
    }

    private Map<String, Object> stats(StoppingMode mode, Function<RequestMessage, String> target) {
        Map<String, Object> stats = new LinkedHashMap<>();
        stats.put("epoch", clock.millis() / 1000.0);
        stats.put("stopping_mode", mode.number());
        for (Bus bus : buses) {
            stats.put(
                    "bus_reinject_queue_" + bus.address() + "_size",
                    counters.givingBack().get());
        }
        stats.put("running_requests", runningRequests(target));
        stats.put("blocked_requests", waiting());
        stats.put("running_bus_reinject_handler_number", buses.size());
        stats.put("running_request_redis_handler_number", counters.intakes().get());
        stats.put("bus_reinject_counter", counters.givenBack().sum());
        stats.put("total_request_counter", counters.requests().sum());
        stats.put("expired_request_counter", counters.expired().sum());
        stats.put("buried_message_counter", counters.buried().sum());
        stats.put("upstreams", upstreams());
        stats.put("counters", limits());
        return stats;
    }

    /** By the first queue of each entry: its servers. */
    private Map<String, List<Map<String, Object>>> upstreams() {
        Map<String, List<Map<String, Object>>> upstreams = new LinkedHashMap<>();
        for (Finisher finisher : finishers) {
            Route route = finisher.route();
            List<Map<String, Object>> servers =
                    upstreams.computeIfAbsent(route.settings().queues().get(0), none -> new ArrayList<>());
            route.upstream().figures().forEach(figures -> servers.add(server(figures)));
        }
        return upstreams;
    }

    private static Map<String, Object> server(ServerFigures figures) {
        Map<String, Object> server = new LinkedHashMap<>();
        server.put("url", figures.url());
        server.put("running", figures.running());
        server.put("ejected", figures.ejected());
        server.put("calls", figures.calls());
        server.put("retries", figures.retries());
        server.put("failures", figures.failures());
        server.put("ejections", figures.ejections());
        server.put("connections_opened", figures.connectionsOpened());
        server.put("connections_reused", figures.connectionsReused());
        return server;
    }

    private Map<String, Object> runningRequests(Function<RequestMessage, String> target) {
        Map<String, Object> requests = new LinkedHashMap<>();
        for (Execution execution : running.all()) {
            Map<String, Object> request = new LinkedHashMap<>();
            request.put("method", execution.message().method());
            request.put("url", servers(execution.route()) + target.apply(execution.message()));
            request.put("since_ms", Math.max(0, clock.millis() - execution.begunMillis()));
            request.put("big_priority", execution.message().extra().priority());
            requests.put(execution.requestId(), request);
        }
        return requests;
    }

    /** As the first part of a URL; several servers as a list in the place of one, as it may be any of them. */
    private static String servers(Route route) {
        String authorities = route.settings().upstream().servers().stream()
                .map(server -> server.address().authority())
                .collect(Collectors.joining(","));
        return route.address().scheme() + "://" + authorities;
    }

    private long waiting() {
        return buses.stream().mapToLong(bus -> bus.waiting().get()).sum();
    }

    private Map<String, Object> limits() {
        Usage usage = last;
        Map<String, Object> limits = new LinkedHashMap<>();
        for (MaxLimit limit : shown()) {
            String name = limit.name();
            String scope = limit.isDynamic() ? "_global" : "_";
            limits.put(name + "_limit", usage.maxima.getOrDefault(name, (long) limit.max()));
            limits.put(name + scope + "value", usage.running.getOrDefault(name, 0L));
            limits.put(name + scope + "blocks", counters.blocks(name));
            limits.put(name + scope + "queue", usage.waiting.getOrDefault(name, 0L));
        }
        return limits;
    }

    private List<MaxLimit> shown() {
        return scheduling.get().limits().inOrder().stream()
                .filter(MaxLimit::showInStats)
                .toList();
    }

    private Usage usage() {
        Map<String, Long> maxima = new TreeMap<>();
        Map<String, Long> counts = new TreeMap<>();
        Map<String, Long> blocked = new TreeMap<>();
        if (!shown().isEmpty()) {
            for (Bus bus : buses) {
                var limitsAsked = bus.limits().inForce();
                var countsAsked = bus.limits().counts();
                var blockedAsked = bus.limits().blocked();
                await(limitsAsked).forEach((limit, max) -> maxima.put(limit, (long) max));
                await(countsAsked).forEach((counter, n) -> counts.merge(MaxLimit.nameOf(counter), n, Long::sum));
                await(blockedAsked).forEach((counter, n) -> blocked.merge(MaxLimit.nameOf(counter), n, Long::sum));
            }
        }
        return new Usage(maxima, counts, blocked, clock.millis());
    }

    private static <T> Map<String, T> await(CompletableFuture<Map<String, T>> asked) {
        try {
            return asked.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(DEBUG, "the limits could not be asked for: {0}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Map.of();
    }
}
