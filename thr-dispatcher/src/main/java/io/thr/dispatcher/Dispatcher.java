package io.thr.dispatcher;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.redis.BodyStore;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisClaims;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.core.redis.RedisUrl;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.dispatcher.upstream.UpstreamAddress;
import io.thr.dispatcher.upstream.Upstreams;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A running dispatcher: takes requests off their queues, calls the upstream, answers.
 *
 * <p>In the order in which a request meets them: {@link Intake} takes it off its queue, {@link Admission} decides whether
 * it may run, {@link Forwarder} calls the upstream, {@link Answering} writes the response and lets go. Beside that path
 * {@link Heartbeat} keeps this member's lease, and {@link Reaper} takes over what lost members have held.
 *
 * <p>There may be any number of dispatchers, in one process or in many; they share the work. When Redis is out of reach
 * a dispatcher goes on trying; what runs meanwhile is answered when it is back.
 */
public final class Dispatcher implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Dispatcher.class.getName());

    private static final Duration SHORT = Duration.ofSeconds(5);

    private final DispatcherSettings settings;
    private final InstantSource clock = InstantSource.system();
    private final String member = MemberName.create();
    private final Running running = new Running();
    private final Counters counters = new Counters();
    private final Map<RedisUrl, Bus> buses = new LinkedHashMap<>();
    private final List<Route> routes = new ArrayList<>();
    private final List<Intake> intakes = new ArrayList<>();
    private final List<Thread> intakeThreads = new ArrayList<>();
    private final ScheduledExecutorService timer = daemon("thr-heartbeat");
    private final ScheduledExecutorService statsTimer = daemon("thr-stats");
    private final Upstreams upstreams;
    private final Admission admission;
    private final Answering answering;
    private final Forwarder forwarder;
    private final StatsWriter stats;
    private boolean writesStats;
    private volatile StoppingMode mode = StoppingMode.RUNNING;

    private Dispatcher(DispatcherSettings settings) {
        this.settings = settings;
        int maxConcurrent = settings.queues().stream()
                .mapToInt(QueueSettings::maxConcurrent)
                .sum();
        upstreams = Upstreams.start(maxConcurrent, settings.maxResponseBody(), clock);
        admission = new Admission(settings.maxLifetime(), clock);
        answering = new Answering(member, settings.timeout(), settings.bodyThreshold(), clock, running, counters);
        forwarder = new Forwarder(answering, clock, settings.addThrExtraHeaders());
        stats = new StatsWriter(settings.statsFile(), buses.values(), running, counters, clock);
    }

    /**
     * Starts a dispatcher; when this returns it takes requests.
     *
     * @throws RedisUnavailableException where a Redis cannot be used, in words a newcomer can act on
     */
    public static Dispatcher start(DispatcherSettings settings) {
        Dispatcher dispatcher = new Dispatcher(settings);
        try {
            dispatcher.connect();
            dispatcher.takeUpWork();
            return dispatcher;
        } catch (RuntimeException e) {
            dispatcher.close();
            throw e;
        }
    }

    /** What this dispatcher is called on the bus, and in its responses. */
    public String member() {
        return member;
    }

    private void connect() {
        for (QueueSettings queue : settings.queues()) {
            RedisUrl url = queue.redis() == null ? settings.redis() : queue.redis();
            Bus bus = buses.computeIfAbsent(url, this::join);
            routes.add(new Route(
                    queue,
                    bus,
                    upstreams.upstream(settings.timeout(), queue.redirectHosts()),
                    UpstreamAddress.of(queue.httpHost(), queue.httpPort()),
                    new Slots(queue.maxConcurrent())));
        }
    }

    private Bus join(RedisUrl url) {
        Redis redis = Redis.connect(url, member);
        RedisKeys keys = new RedisKeys(settings.bus());
        return new Bus(
                redis,
                new RedisClaims(redis, keys, member),
                new BodyStore(redis, keys),
                new Lease(System::nanoTime, clock),
                redis.url().address());
    }

    private void takeUpWork() {
        for (Bus bus : buses.values()) {
            Reaper reaper = new Reaper(bus, admission, answering, timer);
            awaitFirst(bus, new Heartbeat(bus, reaper, running, timer).start());
        }
        long everyMillis = settings.statsEvery().toMillis();
        if (everyMillis > 0) {
            writesStats = true;
            var unused = statsTimer.scheduleAtFixedRate(() -> stats.write(mode), 0, everyMillis, TimeUnit.MILLISECONDS);
        }
        for (Route route : routes) {
            for (int worker = 0; worker < route.settings().workers(); worker++) {
                startIntake(route, worker);
            }
        }
    }

    private void startIntake(Route route, int worker) {
        Intake intake = new Intake(route, admission, forwarder, answering, running, clock);
        Thread thread = new Thread(
                () -> {
                    counters.intakes().incrementAndGet();
                    try {
                        intake.run();
                    } finally {
                        counters.intakes().decrementAndGet();
                    }
                },
                "thr-intake-" + route.settings().queues().get(0) + "-" + worker);
        thread.setDaemon(true);
        intakes.add(intake);
        intakeThreads.add(thread);
        thread.start();
    }

    /**
     * Stops: takes nothing more, gives back what is not begun, waits for what runs, which ends within the time-out, and
     * leaves the bus. Stopping twice does nothing.
     */
    @Override
    public synchronized void close() {
        if (mode != StoppingMode.RUNNING) {
            return;
        }
        mode = StoppingMode.INTAKES_STOPPING;
        forwarder.stop();
        intakes.forEach(Intake::stop);
        routes.forEach(route -> route.slots().open());
        intakeThreads.forEach(Dispatcher::join);
        mode = StoppingMode.FINISHING;
        finish();
        // A beat after the farewell would be a new beginning
        timer.shutdownNow();
        buses.values().forEach(Dispatcher::leave);
        upstreams.close();
        buses.values().forEach(bus -> bus.redis().close());
        mode = StoppingMode.STOPPED;
        removeStats();
        if (!intakes.isEmpty()) {
            LOG.log(INFO, "{0} has stopped", member);
        }
    }

    private void finish() {
        // Every call ends within the time-out, and what is to be said of it is said soon after
        try {
            if (!running.awaitNone(settings.timeout().plus(SHORT))) {
                LOG.log(WARNING, "{0} requests are not ended; another dispatcher will see to them", running.size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void removeStats() {
        statsTimer.shutdown();
        if (!writesStats) {
            return;
        }
        try {
            if (!statsTimer.awaitTermination(SHORT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.log(WARNING, "stats_file: {0} takes long to be written", settings.statsFile());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stats.remove();
    }

    private static void leave(Bus bus) {
        try {
            bus.claims().leave().get(SHORT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(WARNING, "{0}: could not be left properly; the lease will run out: {1}", bus.address(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join(SHORT.toMillis());
            if (thread.isAlive()) {
                LOG.log(WARNING, "{0} does not end", thread.getName());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitFirst(Bus bus, CompletableFuture<Void> beat) {
        try {
            beat.get(SHORT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw unavailable(bus, String.valueOf(e.getCause()), e);
        } catch (TimeoutException e) {
            throw unavailable(bus, "no answer within " + SHORT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(bus, "interrupted", e);
        }
    }

    private static RedisUnavailableException unavailable(Bus bus, String reason, Exception cause) {
        return new RedisUnavailableException("redis: " + bus.address() + ": cannot be joined: " + reason, true, cause);
    }

    private static ScheduledExecutorService daemon(String name) {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }
}
