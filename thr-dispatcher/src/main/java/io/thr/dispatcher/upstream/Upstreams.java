package io.thr.dispatcher.upstream;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;

/** All upstreams of a dispatcher. They share one client with its threads and connections. */
public final class Upstreams implements AutoCloseable {

    private static final Duration RECONNECT_PAUSE = Duration.ofMillis(100);

    private final JettyUpstream client;
    private final InstantSource clock;

    private Upstreams(JettyUpstream client, InstantSource clock) {
        this.client = client;
        this.clock = clock;
    }

    /**
     * Starts the client.
     *
     * @param maxConcurrent how many calls there are at most at a time, of all upstreams together
     * @param maxResponseBody in bytes; a larger response is a failure
     */
    public static Upstreams start(int maxConcurrent, int maxResponseBody, InstantSource clock) {
        return new Upstreams(JettyUpstream.start(maxConcurrent, maxResponseBody, clock), clock);
    }

    /**
     * An upstream as a queue needs it, the outermost promise first: it answers in time, follows redirects, tries a
     * connection twice.
     *
     * @param timeout how long a call may take in all
     * @param redirectHosts where redirects may lead besides the host that was asked
     */
    public Upstream upstream(Duration timeout, Set<String> redirectHosts) {
        return new DeadlineUpstream(
                new RedirectingUpstream(new ReconnectingUpstream(client, RECONNECT_PAUSE), redirectHosts),
                timeout,
                clock);
    }

    @Override
    public void close() {
        client.close();
    }
}
