package io.thr.admin;

import static java.lang.System.Logger.Level.DEBUG;

import io.thr.admin.BusSample.Pace;
import io.thr.core.bus.BusState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bus as those who look see it, however many they are: it is read when somebody asks and the last reading began more than half a
 * second ago, and once a second for the plots, for as long as the last look is not a minute old. Threads may share it.
 */
final class BusSampler {

    /** The time between two samples. */
    static final Duration EVERY = Duration.ofSeconds(1);

    private static final System.Logger LOG = System.getLogger(BusSampler.class.getName());

    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long LOOKED_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int MOST_SAMPLES = 15 * 60;

    private final Supplier<CompletableFuture<BusState>> reading;
    private final ScheduledExecutorService timer;
    private final LongSupplier nanoTime;
    private final Paces paces = new Paces(); // the timer's
    // guarded by this
    private final Deque<BusSample> samples = new ArrayDeque<>();
    private @Nullable CompletableFuture<BusState> last;
    private long begunNanos;
    private long lookedNanos;
    private boolean isSampling;

    /**
     * Reads nothing yet.
     *
     * @param timer runs what is due; one thing at a time
     * @param nanoTime a clock as {@link System#nanoTime}
     */
    BusSampler(Supplier<CompletableFuture<BusState>> reading, ScheduledExecutorService timer, LongSupplier nanoTime) {
        this.reading = reading;
        this.timer = timer;
        this.nanoTime = nanoTime;
    }

    /** Somebody looks. */
    void look() {
        synchronized (this) {
            lookedNanos = nanoTime.getAsLong();
            if (isSampling) {
                return;
            }
            isSampling = true;
        }
        next(Duration.ZERO);
    }

    private void next(Duration delay) {
        try {
            var unused = timer.schedule(this::tick, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.log(DEBUG, "it is being closed", e);
        }
    }

    private void tick() {
        synchronized (this) {
            // a look that comes now either is seen here, or sees that nothing is sampled and begins anew
            if (nanoTime.getAsLong() - lookedNanos > LOOKED_NANOS) {
                isSampling = false;
                return;
            }
        }
        next(EVERY);
        var unused = state().thenAcceptAsync(this::sample, timer).exceptionally(failure -> {
            LOG.log(DEBUG, "no sample", failure);
            return null;
        });
    }

    private void sample(BusState state) {
        Map<String, Pace> now = paces.after(state);
        List<BusSample.Queue> queues = new ArrayList<>();
        for (BusState.Queue queue : state.queues()) {
            Pace pace = now.getOrDefault(queue.name(), Pace.NONE);
            queues.add(new BusSample.Queue(queue.name(), queue.listed(), queue.waiting(), queue.running(), pace));
        }
        synchronized (this) {
            BusSample before = samples.peekLast();
            if (before != null && !state.at().isAfter(before.at())) {
                return;
            }
            samples.addLast(new BusSample(state.at(), List.copyOf(queues)));
            if (samples.size() > MOST_SAMPLES) {
                samples.removeFirst();
            }
        }
    }

    /** The bus as it was half a second ago, or is now. */
    CompletableFuture<BusState> state() {
        CompletableFuture<BusState> reads = new CompletableFuture<>();
        synchronized (this) {
            long now = nanoTime.getAsLong();
            CompletableFuture<BusState> known = last;
            boolean isFresh = known != null
                    && (!known.isDone() || (now - begunNanos < FRESH_NANOS && !known.isCompletedExceptionally()));
            if (known != null && isFresh) {
                return known;
            }
            last = reads;
            begunNanos = now;
        }
        var unused = read().whenComplete((state, failure) -> {
            if (failure == null) {
                reads.complete(state);
            } else {
                reads.completeExceptionally(failure);
            }
        });
        return reads;
    }

    private CompletableFuture<BusState> read() {
        try {
            return reading.get();
        } catch (RuntimeException e) { // there is no connection yet
            return CompletableFuture.failedFuture(e);
        }
    }

    /** What has been sampled after that time, in ms since the epoch. */
    synchronized List<BusSample> since(long millis) {
        return samples.stream()
                .filter(sample -> sample.at().toEpochMilli() > millis)
                .toList();
    }
}
