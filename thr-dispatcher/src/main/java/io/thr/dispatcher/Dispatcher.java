package io.thr.dispatcher;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.thr.admin.AdminHandler;
import io.thr.core.redis.BodyStore;
import io.thr.core.redis.BusReader;
import io.thr.core.redis.FrameInbox;
import io.thr.core.redis.FrameLists;
import io.thr.core.redis.LiveLimits;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisScheduler;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.core.redis.RedisUrl;
import io.thr.core.trace.Tracing;
import io.thr.dispatcher.admin.AdminServer;
import io.thr.dispatcher.config.ConfigurationWatch;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.dispatcher.upstream.Upstreams;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A running dispatcher: takes requests off their queues, calls the upstream, answers.
 *
 * <p>In the order in which a request meets them: {@link Intake} takes it off its queue, {@link Admission} decides whether
 * it may run, {@link Queueing} gives it to the scheduler, where it waits for its limits; {@link Launcher} begins what is
 * granted, {@link Forwarder} calls the upstream, {@link Answering} makes the response of it, and {@link Finisher} says
 * the last word and gets the next. Beside that path {@link Heartbeat} keeps this member's lease, {@link Reaper} takes
 * over what lost members have held, {@link Expiry} finds what has waited too long, and {@link WakeUp} what may run and
 * nobody has taken.
 *
 * <p>There may be any number of dispatchers, in one process or in many; they share the work, and the limits. When Redis
 * is out of reach a dispatcher goes on trying; what runs meanwhile is answered when it is back, or given up to others
 * where that takes too long.
 */
public final class Dispatcher implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Dispatcher.class.getName());

    private static final Duration SHORT = Duration.ofSeconds(5);
    private static final long STREAMS_TICK_SECONDS = 5;
    private static final Duration LONG = Duration.ofDays(1000);

    private final DispatcherSettings settings;
    private final InstantSource clock = InstantSource.system();
    private final String member = MemberName.create();
    private final Running running = new Running();
    private final Counters counters = new Counters();
    private final Retries retries = new Retries(clock);
    private final Map<RedisUrl, Bus> buses = new LinkedHashMap<>();
    private final Map<Bus, CompletableFuture<Void>> limitsSet = new HashMap<>();
    private final List<Finisher> finishers = new ArrayList<>();
    private final List<Queueing> queueings = new ArrayList<>();
    private final List<Intake> intakes = new ArrayList<>();
    private final List<Thread> intakeThreads = new ArrayList<>();
    private final List<WakeUp> wakeUps = new ArrayList<>();
    private final List<AutoCloseable> words = new ArrayList<>();
    private final CompletableFuture<Void> drainAsked = new CompletableFuture<>();
    private final ScheduledExecutorService timer = daemon("thr-heartbeat");
    private final ScheduledExecutorService statsTimer = daemon("thr-stats");
    private final ScheduledExecutorService watchTimer = daemon("thr-configuration");
    private final List<ConfigurationWatch> watches = new ArrayList<>();
    private final Upstreams upstreams;
    private final Admission admission;
    private final ResponseStreams streams;
    private final Answering answering;
    private final Forwarder forwarder;
    private final Launcher launcher;
    private final Stats stats;
    private final AccessLog accessLog;
    private final Reporting reporting;
    private final PrometheusRegistry metrics = new PrometheusRegistry();
    private final StatsWriter statsWriter;
    private @Nullable AdminServer adminServer;
    private boolean writesStats;
    private volatile DispatcherSettings live;
    private volatile StoppingMode mode = StoppingMode.RUNNING;

    private Dispatcher(DispatcherSettings settings) {
        this.settings = settings;
        this.live = settings;
        int maxConcurrent = settings.queues().stream()
                .mapToInt(QueueSettings::maxConcurrent)
                .sum();
        upstreams = Upstreams.start(maxConcurrent, settings.maxResponseBody(), clock);
        admission = new Admission(settings.maxLifetime(), () -> live.maxAttempts(), clock);
        streams = new ResponseStreams(settings.timeout());
        accessLog = AccessLog.to(settings.accessLog());
        answering = new Answering(
                member,
                settings.timeout(),
                settings.bodyThreshold(),
                clock,
                streams,
                running,
                counters,
                accessLog,
                (queue, message) -> live.scheduling().flow(queue, message).counters());
        forwarder = new Forwarder(answering, clock, settings.addThrExtraHeaders(), settings.timeout(), Tracing.find());
        launcher = new Launcher(admission, forwarder, answering, running, clock);
        stats = new Stats(buses.values(), finishers, running, counters, () -> live.scheduling(), clock);
        statsWriter = new StatsWriter(settings.statsFile(), stats);
        DispatcherMeters meters = new DispatcherMeters(
                buses.values(), finishers, running, counters, accessLog, () -> live.scheduling(), clock);
        metrics.register(meters);
        reporting = new Reporting(buses.values(), meters, () -> mode != StoppingMode.RUNNING, daemon("thr-reports"));
    }

    /**
     * Starts a dispatcher; when this returns it takes requests.
     *
     * @throws RedisUnavailableException where a Redis cannot be used, in words a newcomer can act on
     * @throws java.io.UncheckedIOException where the admin port is taken, with what to do
     */
    public static Dispatcher start(DispatcherSettings settings) {
        Dispatcher dispatcher = new Dispatcher(settings);
        try {
            dispatcher.connect();
            dispatcher.openAdminPort();
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

    /** What is going on, as JSON: what the stats file shows, as it is now. Waits for Redis, for a second or so at most. */
    public String stats() {
        return stats.json(mode);
    }

    /** Where its admin port is; null where it has none. */
    public synchronized @Nullable String adminUrl() {
        return adminServer == null ? null : adminServer.url();
    }

    private synchronized void openAdminPort() {
        if (settings.admin().hasPort()) {
            DispatcherProgram program =
                    new DispatcherProgram(member, new RedisKeys(settings.bus()), buses.values(), stats, () -> mode);
            AdminHandler handler =
                    new AdminHandler(program, settings.admin(), settings.admin().isOnLoopback(), metrics);
            adminServer = AdminServer.start(settings.admin(), handler);
        }
    }

    /** What is measured here, for whoever serves it to Prometheus. */
    PrometheusRegistry metrics() {
        return metrics;
    }

    /**
     * Puts the limits, the fair shares, the order, {@code lost_slots} and {@code max_attempts} of these settings in force;
     * the other settings stay. Limits hold at once, on the whole bus: what runs is not touched, and who may run now is
     * woken. How a request is counted and ordered is decided when it comes, so those that wait are not counted anew. Where
     * Redis is away the limits are set when it is back.
     */
    public synchronized void reconfigure(DispatcherSettings changed) {
        Map<String, Integer> before = live.scheduling().limits().maxima();
        Map<String, Integer> after = changed.scheduling().limits().maxima();
        live = changed;
        Map<String, Integer> set = new LinkedHashMap<>(after);
        set.entrySet().removeIf(limit -> limit.getValue().equals(before.get(limit.getKey())));
        Set<String> removed = new LinkedHashSet<>(before.keySet());
        removed.removeAll(after.keySet());
        buses.values().forEach(bus -> setLimits(bus, set, removed));
    }

    /** One change after the other, each until Redis has it or this dispatcher stops. */
    private void setLimits(Bus bus, Map<String, Integer> maxima, Set<String> removed) {
        CompletableFuture<Void> before = limitsSet.getOrDefault(bus, CompletableFuture.completedFuture(null));
        CompletableFuture<Void> now =
                before.thenCompose(done -> retries.within(LONG, () -> trySetLimits(bus, maxima, removed)));
        limitsSet.put(bus, now.exceptionally(error -> {
            LOG.log(WARNING, "{0}: the limits could not be set: {1}", bus.address(), error);
            return null;
        }));
    }

    private CompletableFuture<Void> trySetLimits(Bus bus, Map<String, Integer> maxima, Set<String> removed) {
        return mode == StoppingMode.RUNNING
                ? bus.limits().set(maxima, removed)
                : CompletableFuture.failedFuture(new IllegalStateException("the dispatcher has stopped"));
    }

    /**
     * Looks after the file that the settings came from, until this dispatcher stops: what can change while it runs takes
     * effect within a second. A file with mistakes changes nothing.
     *
     * @param files the file, and those that it names
     * @param reader reads the settings again, with all that does not come from the file
     */
    public synchronized void watch(Supplier<List<Path>> files, Supplier<DispatcherSettings> reader) {
        ConfigurationWatch watch = ConfigurationWatch.start(files, settings, reader, this::reconfigure, watchTimer);
        watches.add(watch);
    }

    /**
     * Has that done, once, when somebody asks for this dispatcher to be drained ({@link
     * io.thr.core.redis.BusControl#drain}): whoever started it is to {@link #close} it. Done at once where it has been asked
     * for; on another's thread, which must not be blocked.
     */
    public void onDrain(Runnable action) {
        var unused = drainAsked.thenRun(action);
    }

    private void askToDrain() {
        if (!drainAsked.isDone()) {
            LOG.log(INFO, "{0} is asked to take nothing more and to end", member);
        }
        drainAsked.complete(null);
    }

    private void connect() {
        Map<RedisUrl, List<QueueSettings>> byRedis = new LinkedHashMap<>();
        for (QueueSettings queue : settings.queues()) {
            RedisUrl url = queue.redis() == null ? settings.redis() : queue.redis();
            byRedis.computeIfAbsent(url, none -> new ArrayList<>()).add(queue);
        }
        byRedis.forEach((url, queues) -> buses.put(url, join(url, queues)));
        byRedis.forEach((url, queues) -> serve(Objects.requireNonNull(buses.get(url)), queues));
    }

    private Bus join(RedisUrl url, List<QueueSettings> queues) {
        Redis redis = Redis.connect(url, member);
        RedisKeys keys = new RedisKeys(settings.bus());
        List<String> names = queues.stream()
                .flatMap(queue -> queue.queues().stream())
                .distinct()
                .toList();
        return new Bus(
                redis,
                new RedisScheduler(redis, keys, member, names),
                new LiveLimits(redis, keys),
                new BodyStore(redis, keys),
                new FrameLists(redis, keys),
                new FrameInbox(redis, keys),
                new Lease(System::nanoTime, clock),
                redis.url().address(),
                new AtomicLong(),
                keys,
                new BusReader(redis, keys));
    }

    private void serve(Bus bus, List<QueueSettings> queues) {
        List<Finisher> these = queues.stream()
                .map(queue -> new Finisher(route(bus, queue), launcher, clock))
                .toList();
        Finisher any = these.get(0);
        Expiry expiry = new Expiry(
                bus,
                claim -> When.failed(
                        answering.conclude(serving(these, claim.queue(), any), claim, admission.decide(claim), false)),
                timer,
                clock);
        BusRoutes routes = new BusRoutes(these.stream()
                .map(finisher -> new Queueing(
                        finisher, () -> live.scheduling(), admission, answering, launcher, expiry, counters))
                .toList());
        finishers.addAll(these);
        queueings.addAll(routes.all());
        Reaper reaper = new Reaper(bus, routes, () -> live.lostSlots(), admission, answering, timer);
        await(bus, new Heartbeat(bus, routes, reaper, expiry, launcher, running, timer).start());
        await(bus, bus.limits().set(settings.scheduling().limits().maxima(), List.of()));
        words.add(bus.scheduler().words(claim -> running.abort(bus, claim), this::askToDrain));
    }

    private Route route(Bus bus, QueueSettings queue) {
        return new Route(
                queue,
                bus,
                upstreams.upstream(queue.upstream(), settings.timeout(), queue.maxConcurrent()),
                queue.upstream().servers().get(0).address(),
                new Slots(queue.maxConcurrent()),
                new RouteMeters());
    }

    private static Finisher serving(List<Finisher> finishers, String queue, Finisher other) {
        return finishers.stream()
                .filter(finisher -> finisher.route().settings().queues().contains(queue))
                .findFirst()
                .orElse(other);
    }

    private void takeUpWork() {
        var unusedTicks = timer.scheduleWithFixedDelay(
                streams::tick, STREAMS_TICK_SECONDS, STREAMS_TICK_SECONDS, TimeUnit.SECONDS);
        reporting.start();
        long everyMillis = settings.statsEvery().toMillis();
        if (everyMillis > 0) {
            writesStats = true;
            var unused = statsTimer.scheduleAtFixedRate(
                    () -> statsWriter.write(mode), 0, everyMillis, TimeUnit.MILLISECONDS);
        }
        for (Queueing queueing : queueings) {
            wakeUps.add(WakeUp.start(queueing.finisher()));
            for (int worker = 0; worker < queueing.route().settings().workers(); worker++) {
                startIntake(queueing, worker);
            }
        }
    }

    private void startIntake(Queueing queueing, int worker) {
        Intake intake = new Intake(queueing, settings.maxWaiting());
        Thread thread = new Thread(
                () -> {
                    counters.intakes().incrementAndGet();
                    try {
                        intake.run();
                    } finally {
                        counters.intakes().decrementAndGet();
                    }
                },
                "thr-intake-" + queueing.route().settings().queues().get(0) + "-" + worker);
        thread.setDaemon(true);
        intakes.add(intake);
        intakeThreads.add(thread);
        thread.start();
    }

    /**
     * Stops: takes nothing more, gives back what is not begun, waits for what runs, which ends within the time-out, and
     * leaves the bus. What waits for its limits stays in Redis for other dispatchers; where there is none it waits for the
     * next. Stopping twice does nothing.
     */
    @Override
    public synchronized void close() {
        if (mode != StoppingMode.RUNNING) {
            return;
        }
        mode = StoppingMode.INTAKES_STOPPING;
        watches.forEach(ConfigurationWatch::close);
        watchTimer.shutdownNow();
        forwarder.stop();
        finishers.forEach(Finisher::stop);
        queueings.forEach(Queueing::stop);
        intakes.forEach(Intake::stop);
        wakeUps.forEach(WakeUp::stop);
        finishers.forEach(finisher -> finisher.route().slots().open());
        wakeUps.forEach(Dispatcher::close);
        intakeThreads.forEach(Dispatcher::join);
        mode = StoppingMode.FINISHING;
        finish();
        words.forEach(Dispatcher::close);
        reporting.close();
        // A beat after the farewell would be a new beginning
        timer.shutdownNow();
        buses.values().forEach(Dispatcher::leave);
        upstreams.close();
        buses.values().forEach(bus -> bus.frameInbox().close());
        buses.values().forEach(bus -> bus.redis().close());
        mode = StoppingMode.STOPPED;
        removeStats();
        if (adminServer != null) {
            adminServer.close();
        }
        accessLog.close();
        if (!intakes.isEmpty()) {
            LOG.log(INFO, "{0} has stopped", member);
        }
    }

    private static void close(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            LOG.log(WARNING, "a connection could not be closed: {0}", e.toString());
        }
    }

    private void finish() {
        // Every call ends within the time-out, and what is to be said of it is said soon after
        try {
            if (!running.awaitNone(settings.timeout().plus(SHORT))) {
                LOG.log(WARNING, "{0} requests are not ended; another dispatcher will see to them", running.size());
            }
            for (Finisher finisher : finishers) {
                boolean unused = finisher.awaitIdle(SHORT);
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
        statsWriter.remove();
    }

    private static void leave(Bus bus) {
        try {
            bus.scheduler().leave().get(SHORT.toMillis(), TimeUnit.MILLISECONDS);
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

    private static void await(Bus bus, CompletableFuture<Void> step) {
        try {
            step.get(SHORT.toMillis(), TimeUnit.MILLISECONDS);
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
