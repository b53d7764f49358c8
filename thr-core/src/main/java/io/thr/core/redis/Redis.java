package io.thr.core.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One Redis as the programs of a bus use it: a few lanes that carry everything. Threads may share it.
 *
 * <p>Two lanes carry what is short, a third what is large, so that a body never stands before a small command. The order
 * of two calls is kept only where one waits for the future of the other. Every future that is given out ends: with a
 * value, a {@link RedisException} or a {@link RedisUnavailableException}. What depends on one runs on a lane's thread, and
 * must not block. The lanes reconnect by themselves.
 */
public final class Redis implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Redis.class.getName());
    private static final int LANES = 2;

    /** Calls larger than this, in bytes, go on the lane for bodies. */
    private static final int BULK_BYTES = 64 * 1024;

    private final RedisUrl url;
    private final @Nullable EmbeddedRedis embedded;
    private final OwnThreads timerThreads = new OwnThreads("thr-redis-timer");
    private final ScheduledThreadPoolExecutor timer = newTimer(timerThreads);
    private final Set<Runnable> ticks = ConcurrentHashMap.newKeySet();
    private final Outage outage;
    private final Connector connector;
    private final LaneLimits limits;
    private final List<Lane> lanes = new ArrayList<>();
    private final OwnThreads writerThreads = new OwnThreads("thr-redis-bulk-writer");
    private final ExecutorService bulkWriter = Executors.newSingleThreadExecutor(writerThreads);
    private final Lane bulk;
    private final AtomicInteger turn = new AtomicInteger();

    private Redis(RedisUrl wanted, String clientName, LaneLimits limits) {
        this.limits = limits;
        embedded = wanted.place() instanceof RedisUrl.Embedded ? EmbeddedRedis.start() : null;
        url = embedded == null ? wanted : embedded.url();
        outage = new Outage(url);
        connector = new StandaloneConnector(url, clientName, limits.connect(), timer);
        List<LaneConnection> connections = new ArrayList<>();
        try {
            connections.add(connector.open());
            ServerCheck.look(url, connections.get(0), embedded != null);
            while (connections.size() <= LANES) {
                connections.add(connector.open());
            }
        } catch (RuntimeException e) {
            connections.forEach(LaneConnection::abort);
            end();
            throw e;
        }
        for (int i = 0; i < LANES; i++) {
            lanes.add(lane("thr-redis-lane-" + (i + 1), connections.get(i), limits, Runnable::run));
        }
        // a body takes its time to be written, which is not the caller's to spend
        bulk = lane("thr-redis-bulk", connections.get(LANES), limits.forBodies(), bulkWriter);
        lanes.forEach(lane -> ticks.add(lane::tick));
        ticks.add(bulk::tick);
        long tickMillis = Watchdog.TICK.toMillis();
        var unused = timer.scheduleWithFixedDelay(this::tick, tickMillis, tickMillis, TimeUnit.MILLISECONDS);
    }

    private Lane lane(String name, LaneConnection first, LaneLimits limits, Executor writer) {
        return new Lane(name, connector, first, limits, writer, timer, outage);
    }

    private static ScheduledThreadPoolExecutor newTimer(OwnThreads threads) {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, threads);
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Connects and looks at the server; what endangers our promises there is logged as a warning.
     *
     * @param clientName how CLIENT LIST shows the connections
     * @throws RedisUnavailableException where there is no usable server, in words a newcomer can act on
     */
    public static Redis connect(RedisUrl url, String clientName) {
        return connect(url, clientName, LaneLimits.DEFAULT);
    }

    static Redis connect(RedisUrl url, String clientName, LaneLimits limits) {
        return new Redis(url, clientName, limits);
    }

    /** The server's address; where the URL was {@code embedded}, that of the server started for it. */
    public RedisUrl url() {
        return url;
    }

    /** Whether it can be reached now, as far as is known: a connection that broke off unnoticed is taken for one that stands. */
    public boolean isUp() {
        return !outage.isOn();
    }

    /** What each lane has done, and does; what those who block on a connection of their own do is not in it. */
    public List<LaneFigures> figures() {
        List<LaneFigures> figures = new ArrayList<>(lanes.size() + 1);
        for (int i = 0; i < lanes.size(); i++) {
            figures.add(lanes.get(i).figures(Integer.toString(i + 1)));
        }
        figures.add(bulk.figures("bulk"));
        return figures;
    }

    /** Sends commands that go together; the reading sees their replies, none of them an error. */
    <T> CompletableFuture<T> call(List<Command> commands, Patience patience, Function<List<Object>, T> reading) {
        return submit(Call.of(url, commands, patience, reading));
    }

    /** Sends one command. */
    <T> CompletableFuture<T> call(Command command, Patience patience, Function<Object, T> reading) {
        return submit(Call.of(url, List.of(command), patience, replies -> reading.apply(replies.get(0))));
    }

    /** Calls a script. */
    <T> CompletableFuture<T> call(
            LuaScript script, List<?> keys, List<?> arguments, Patience patience, Function<Object, T> reading) {
        return submit(Call.of(url, script, script.call(keys, arguments), patience, reading));
    }

    /** Sends one command on the lane for bodies, because its reply may be large. */
    <T> CompletableFuture<T> bulkCall(Command command, Patience patience, Function<Object, T> reading) {
        return bulk.submit(Call.of(url, List.of(command), patience, replies -> reading.apply(replies.get(0))));
    }

    private <T> CompletableFuture<T> submit(Call<T> call) {
        return (call.size() > BULK_BYTES ? bulk : leastBusy()).submit(call);
    }

    private Lane leastBusy() {
        Lane best = lanes.get(0);
        int least = best.load();
        if (least == 0) {
            return best;
        }
        int start = turn.getAndIncrement();
        for (int i = 0; i < lanes.size(); i++) {
            Lane lane = lanes.get(Math.floorMod(start + i, lanes.size()));
            int load = lane.load();
            if (load < least) {
                best = lane;
                least = load;
            }
        }
        return best;
    }

    /** A further connection, for one who blocks on it. */
    LaneConnection open() {
        return connector.open();
    }

    /** Has something looked at by the timer, every {@link Watchdog#TICK}; it must not block. */
    void watch(Runnable tick) {
        ticks.add(tick);
    }

    /** For what must not take longer than a time; its tasks must not block. */
    ScheduledExecutorService timer() {
        return timer;
    }

    /** Ends {@link #watch}. */
    void unwatch(Runnable tick) {
        ticks.remove(tick);
    }

    Outage outage() {
        return outage;
    }

    LaneLimits limits() {
        return limits;
    }

    private void tick() {
        for (Runnable tick : ticks) {
            try {
                tick.run();
            } catch (RuntimeException e) {
                // one who fails must not keep the others from being watched
                LOG.log(Level.ERROR, "redis " + url + ": watchdog", e);
            }
        }
    }

    /** Ends the connections, and with an error every future that has not ended; and the server where it is ours. */
    @Override
    public void close() {
        lanes.forEach(Lane::close);
        bulk.close();
        end();
    }

    private void end() {
        timerThreads.end(timer);
        writerThreads.end(bulkWriter);
        if (embedded != null) {
            embedded.close();
        }
    }
}
