package io.thr.dispatcher;

import static java.lang.System.Logger.Level.WARNING;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes the stats file, with the original's keys. A reader never sees half a file: it is written beside and then moved.
 * For one thread at a time.
 *
 * <p>{@code blocked_requests} is zero and {@code counters} empty, as there are no limits: what cannot run waits in Redis.
 * {@code buried_message_counter} is ours.
 */
final class StatsWriter {

    private static final System.Logger LOG = System.getLogger(StatsWriter.class.getName());
    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;
    private final Path beside;
    private final Collection<Bus> buses;
    private final Running running;
    private final Counters counters;
    private final InstantSource clock;
    private boolean failed;

    StatsWriter(Path file, Collection<Bus> buses, Running running, Counters counters, InstantSource clock) {
        this.file = file.toAbsolutePath();
        this.beside = this.file.resolveSibling(
                this.file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        this.buses = buses;
        this.running = running;
        this.counters = counters;
        this.clock = clock;
    }

    /** Writes the file; where that fails it is logged, once until it works again. */
    void write(StoppingMode mode) {
        try {
            Files.write(beside, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(stats(mode)));
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            failed = false;
        } catch (IOException e) {
            if (!failed) {
                LOG.log(WARNING, "stats_file: {0} cannot be written: {1}", file, e);
            }
            failed = true;
        }
    }

    /** Removes the file. */
    void remove() {
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(beside);
        } catch (IOException e) {
            LOG.log(WARNING, "stats_file: {0} cannot be removed: {1}", file, e);
        }
    }

    private Map<String, Object> stats(StoppingMode mode) {
        Map<String, Object> stats = new LinkedHashMap<>();
        stats.put("epoch", clock.millis() / 1000.0);
        stats.put("stopping_mode", mode.number());
        for (Bus bus : buses) {
            stats.put(
                    "bus_reinject_queue_" + bus.address() + "_size",
                    counters.givingBack().get());
        }
        stats.put("running_requests", runningRequests());
        stats.put("blocked_requests", 0);
        stats.put("running_bus_reinject_handler_number", buses.size());
        stats.put("running_request_redis_handler_number", counters.intakes().get());
        stats.put("bus_reinject_counter", counters.givenBack().sum());
        stats.put("total_request_counter", counters.requests().sum());
        stats.put("expired_request_counter", counters.expired().sum());
        stats.put("buried_message_counter", counters.buried().sum());
        stats.put("counters", Map.of());
        return stats;
    }

    private Map<String, Object> runningRequests() {
        Map<String, Object> requests = new LinkedHashMap<>();
        for (Execution execution : running.all()) {
            Map<String, Object> request = new LinkedHashMap<>();
            request.put("method", execution.message().method());
            request.put(
                    "url",
                    "http://" + execution.route().address().authority()
                            + execution.message().target());
            request.put("since_ms", Math.max(0, clock.millis() - execution.begunMillis()));
            request.put("big_priority", execution.message().extra().priority());
            requests.put(execution.requestId(), request);
        }
        return requests;
    }
}
