package io.thr.admin.metrics;

import static java.lang.System.Logger.Level.DEBUG;

import io.thr.core.bus.BusState;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What waits and runs on a bus, whoever has to do with it. It is read from Redis for a scrape, and served from what was read for
 * a second; a scrape waits for it for half a second at most, and does without where that is not enough. Threads may share it.
 */
public final class BusSamples {

    private static final System.Logger LOG = System.getLogger(BusSamples.class.getName());

    private static final Duration PATIENCE = Duration.ofMillis(500);
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Supplier<CompletableFuture<BusState>> reader;
    // guarded by this
    private @Nullable CompletableFuture<BusState> asked;
    private long askedNanos;

    /** Of what that reads. */
    public BusSamples(Supplier<CompletableFuture<BusState>> reader) {
        this.reader = reader;
    }

    /**
     * Adds them, of what is configured here alone: others may have queues by thousands.
     *
     * @param redis the server's address, without a password
     */
    public void add(Samples samples, String redis, Set<String> queues, Set<String> limits) {
        BusState state = state();
        samples.gauge(
                "thr_bus_read",
                "Whether the state of the bus could be read for this scrape; else its gauges are missing.",
                state == null ? 0 : 1,
                "redis",
                redis);
        if (state == null) {
            return;
        }
        long alive = state.members().stream()
                .filter(member -> member.leaseEnd().isAfter(state.at()))
                .count();
        samples.gauge("thr_members", "Dispatchers whose lease runs.", alive, "redis", redis);
        Set<String> empty = new TreeSet<>(queues);
        for (BusState.Queue queue : state.queues()) {
            if (empty.remove(queue.name())) {
                add(samples, queue, state.at());
            }
        }
        // Nobody has said yet that he serves it, and nothing has been there
        empty.forEach(queue -> add(samples, new BusState.Queue(queue, 0, 0, 0, 0, null, null, null, null), state.at()));
        for (BusState.Limit limit : state.limits()) {
            if (limits.contains(limit.name())) {
                add(samples, limit);
            }
        }
    }

    private static void add(Samples samples, BusState.Queue queue, Instant now) {
        String[] labels = {"queue", queue.name()};
        samples.gauge(
                "thr_queue_depth",
                "Requests that wait, on the queue's list or as tickets.",
                queue.listed() + queue.waiting(),
                labels);
        samples.gauge(
                "thr_queue_listed", "Requests on the queue's list, which nobody has taken.", queue.listed(), labels);
        samples.gauge("thr_queue_running", "Requests that run, on all dispatchers.", queue.running(), labels);
        samples.gauge("thr_dead_letters", "Messages that nobody could process.", queue.dead(), labels);
        samples.gauge("thr_paused", "Whether the queue is paused.", queue.pausedSince() == null ? 0 : 1, labels);
        Instant oldest = queue.oldest();
        samples.seconds(
                "thr_queue_oldest_seconds",
                "How long the request waits that has waited longest; 0 where none does.",
                oldest == null ? 0 : Math.max(0, Duration.between(oldest, now).toMillis()) / 1000.0,
                labels);
    }

    private static void add(Samples samples, BusState.Limit limit) {
        String[] labels = {"limit", limit.name()};
        samples.gauge(
                "thr_limit_max", "The maximum in force; of a dynamic limit, for each value.", limit.max(), labels);
        samples.gauge(
                "thr_limit_running", "Requests that run under the limit, on all dispatchers.", limit.running(), labels);
        samples.gauge("thr_limit_waiting", "Requests that wait for the limit.", limit.waiting(), labels);
    }

    private @Nullable BusState state() {
        try {
            return latest().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(DEBUG, "the state of the bus could not be read for a scrape: {0}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return null;
    }

    /** Scrapes that come together ask once. */
    private synchronized CompletableFuture<BusState> latest() {
        CompletableFuture<BusState> last = asked;
        long now = System.nanoTime();
        if (last != null && now - askedNanos < FRESH_NANOS) {
            return last;
        }
        CompletableFuture<BusState> next;
        try {
            next = reader.get();
        } catch (RuntimeException e) {
            next = CompletableFuture.failedFuture(e);
        }
        asked = next;
        askedNanos = now;
        return next;
    }
}
