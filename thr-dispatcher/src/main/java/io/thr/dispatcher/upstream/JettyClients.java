package io.thr.dispatcher.upstream;

import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;

/**
 * The clients of a dispatcher: one for each way to speak, as a client of Jetty's has one protocol and one idea of whom to
 * trust. They share few threads, which belong to them: futures are completed there, so what depends on a call must not
 * block.
 */
final class JettyClients implements AutoCloseable {

    private static final int MAX_THREADS = 64;
    private static final int FEWEST_THREADS = 4;

    /** One way to speak: without TLS where that is null. */
    private record Way(boolean http2, @Nullable TlsSettings tls, Duration connectTimeout) {}

    private final QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS, FEWEST_THREADS);
    private final ScheduledExecutorScheduler scheduler = new ScheduledExecutorScheduler("thr-upstream-timer", true);
    private final int maxConcurrent;
    private final int maxResponseBody;
    private final InstantSource clock;
    // Guarded by this
    private final Map<Way, JettyUpstream> clients = new LinkedHashMap<>();

    private JettyClients(int maxConcurrent, int maxResponseBody, InstantSource clock) {
        this.maxConcurrent = maxConcurrent;
        this.maxResponseBody = maxResponseBody;
        this.clock = clock;
    }

    /**
     * Starts what the clients share.
     *
     * @param maxConcurrent how many calls there may be at a time, whatever their upstream
     * @param maxResponseBody in bytes
     */
    static JettyClients start(int maxConcurrent, int maxResponseBody, InstantSource clock) {
        JettyClients clients = new JettyClients(maxConcurrent, maxResponseBody, clock);
        clients.threads.setName("thr-upstream");
        clients.threads.setDaemon(true);
        LifeCycle.start(clients.threads);
        LifeCycle.start(clients.scheduler);
        return clients;
    }

    /** The client that speaks with that server, started where it is the first of its way. */
    synchronized JettyUpstream client(ServerSettings server) {
        Way way = new Way(server.http2(), server.address().secure() ? server.tls() : null, server.connectTimeout());
        return clients.computeIfAbsent(
                way,
                none -> JettyUpstream.start(
                        JettyTransport.of(way.http2(), way.tls()),
                        way.connectTimeout(),
                        threads,
                        scheduler,
                        maxConcurrent,
                        maxResponseBody,
                        clock));
    }

    /** Ends the calls that are under way and closes all connections. */
    @Override
    public synchronized void close() {
        clients.values().forEach(JettyUpstream::close);
        LifeCycle.stop(scheduler);
        LifeCycle.stop(threads);
    }
}
