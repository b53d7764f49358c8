package io.thr.dispatcher.upstream;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/** All upstreams of a dispatcher. They share clients with their threads and connections. */
public final class Upstreams implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Upstreams.class.getName());

    private static final int LEAST_RESERVE = 10;

    private final JettyClients clients;
    private final InstantSource clock;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "thr-health-checks");
        thread.setDaemon(true);
        return thread;
    });

    private Upstreams(JettyClients clients, InstantSource clock) {
        this.clients = clients;
        this.clock = clock;
    }

    /**
     * Starts what the upstreams share.
     *
     * @param maxConcurrent how many calls there are at most at a time, of all upstreams together
     * @param maxResponseBody in bytes; a larger response is a failure
     */
    public static Upstreams start(int maxConcurrent, int maxResponseBody, InstantSource clock) {
        return new Upstreams(JettyClients.start(maxConcurrent, maxResponseBody, clock), clock);
    }

    /**
     * An upstream as a queue needs it, the outermost promise first: it answers in time, follows redirects, finds a server
     * that can serve. Health checks begin at once.
     *
     * @param timeout how long a call may take in all
     * @param maxConcurrent how many calls there are at most at a time
     * @throws IllegalArgumentException where a file of the TLS settings does not hold what it should
     */
    public QueueUpstream upstream(UpstreamSettings settings, Duration timeout, int maxConcurrent) {
        List<UpstreamServer> servers = settings.servers().stream()
                .map(server -> server(server, settings))
                .toList();
        BalancedUpstream balanced = new BalancedUpstream(
                servers,
                elsewhere(settings),
                new RetryBudget(Math.max(LEAST_RESERVE, maxConcurrent), System::nanoTime),
                Upstreams::random);
        if (settings.healthCheck() != null) {
            for (UpstreamServer server : servers) {
                new ServerProbe(server, settings.healthCheck(), timer, clock, Upstreams::random).start();
            }
        }
        Upstream outermost = new DeadlineUpstream(
                new RedirectingUpstream(balanced, settings.host(), settings.redirectHosts()), timeout, clock);
        return new QueueUpstream(outermost, servers);
    }

    private UpstreamServer server(ServerSettings server, UpstreamSettings settings) {
        if (server.address().secure() && !server.tls().verify()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "upstream {0}: is not verified (`verify: false`), anybody in between can read and change everything",
                    server.address());
        }
        return new UpstreamServer(
                server.address(),
                clients.client(server),
                settings.host(),
                new Ejection(System::nanoTime, Upstreams::random),
                settings.ejectOn(),
                settings.healthCheck() != null);
    }

    /** For hosts that redirects lead to: spoken to as the first server, or the first with TLS, is, remembered by nobody. */
    private Function<UpstreamAddress, UpstreamServer> elsewhere(UpstreamSettings settings) {
        TlsSettings tls = settings.servers().stream()
                .filter(server -> server.address().secure())
                .map(ServerSettings::tls)
                .findFirst()
                .orElse(TlsSettings.DEFAULT);
        Duration connectTimeout = settings.servers().get(0).connectTimeout();
        if (!settings.redirectHosts().isEmpty()) {
            // Now, as later it would hold up the thread that a redirect comes by
            List.of("http://localhost", "https://localhost")
                    .forEach(url ->
                            clients.client(ServerSettings.of(url).withTls(tls).withConnectTimeout(connectTimeout)));
        }
        return address -> new UpstreamServer(
                address,
                clients.client(ServerSettings.of(address).withTls(tls).withConnectTimeout(connectTimeout)),
                HostPolicy.UPSTREAM,
                new Ejection(System::nanoTime, Upstreams::random),
                Set.of(),
                false);
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }

    @Override
    public void close() {
        timer.shutdownNow();
        clients.close();
    }
}
