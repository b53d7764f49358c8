package io.thr.dispatcher.upstream;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.ContinueProtocolHandler;
import org.eclipse.jetty.client.EarlyHintsProtocolHandler;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.ProcessingProtocolHandler;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Speaks HTTP/1.1 with Jetty's client, adding nothing of its own: what the front took is what the upstream gets, less
 * the fields of the connection and with a Host and a Content-Length that are true.
 *
 * <p>Its few threads belong to the client; futures are completed on them, so what depends on a call must not block.
 */
final class JettyUpstream implements Upstream, AutoCloseable {

    /** As long as a name may be looked up, and as long as a connection may take to be opened. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(15);

    private static final int MAX_HEADER_BYTES = 64 * 1024;
    private static final int MAX_THREADS = 64;

    private final HttpClient client;
    private final int maxResponseBody;
    private final InstantSource clock;

    private JettyUpstream(HttpClient client, int maxResponseBody, InstantSource clock) {
        this.client = client;
        this.maxResponseBody = maxResponseBody;
        this.clock = clock;
    }

    /**
     * Starts a client.
     *
     * @param maxConcurrent how many calls there may be at a time, whatever their upstream
     * @param maxResponseBody in bytes
     */
    static JettyUpstream start(int maxConcurrent, int maxResponseBody, InstantSource clock) {
        QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS, 4);
        threads.setName("thr-upstream");
        threads.setDaemon(true);

        ClientConnector connector = new ClientConnector();
        connector.setConnectTimeout(CONNECT_TIMEOUT);
        connector.setSelectors(1);
        HttpClientTransportOverHTTP transport = new HttpClientTransportOverHTTP(connector);
        // Nothing that hangs on a response blocks, so it runs on the selector's thread: a hand-over costs more than the
        // work
        transport.setInvocationType(Invocable.InvocationType.NON_BLOCKING);
        // Else a value comes out in the case of one that was seen before
        transport.setHeaderCacheCaseSensitive(true);

        HttpClient client = new HttpClient(transport);
        client.setName("thr-upstream");
        client.setExecutor(threads);
        client.setAddressResolutionTimeout(CONNECT_TIMEOUT.toMillis());
        client.setFollowRedirects(false);
        client.setUserAgentField(null);
        client.setDefaultRequestContentType(null);
        client.setHttpCookieStore(new HttpCookieStore.Empty());
        client.setMaxConnectionsPerDestination(maxConcurrent);
        client.setMaxRequestsQueuedPerDestination(maxConcurrent);
        client.setMaxRequestHeadersSize(MAX_HEADER_BYTES);
        client.setMaxResponseHeadersSize(MAX_HEADER_BYTES);
        try {
            client.start();
        } catch (Exception e) {
            throw new IllegalStateException("the HTTP client could not be started: " + e, e);
        }
        // What start() has put in: decoders that would unpack bodies, and handlers that act on 101, 3xx, 401 and 407
        client.getContentDecoderFactories().clear();
        client.getProtocolHandlers().clear();
        client.getProtocolHandlers().put(new ContinueProtocolHandler());
        client.getProtocolHandlers().put(new ProcessingProtocolHandler());
        client.getProtocolHandlers().put(new EarlyHintsProtocolHandler());
        return new JettyUpstream(client, maxResponseBody, clock);
    }

    @Override
    public CompletableFuture<UpstreamResult> call(UpstreamRequest request) {
        Duration left = Duration.between(clock.instant(), request.deadline());
        JettyRequest jettyRequest = new JettyRequest(client, request);
        long millis = Math.max(1, left.toMillis());
        JettyCall call = new JettyCall(jettyRequest, maxResponseBody, request.streamed());
        // Not Jetty's own, which would end a stream that is long under way; that may be silent for as long
        Scheduler.Task timeout = client.getScheduler().schedule(call::timeOut, millis, TimeUnit.MILLISECONDS);
        var unused = call.whenComplete((result, error) -> timeout.cancel());
        jettyRequest.idleTimeout(millis, TimeUnit.MILLISECONDS);
        jettyRequest.send(call);
        return call;
    }

    /** Ends the calls that are under way and closes all connections. */
    @Override
    public void close() {
        try {
            client.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the HTTP client could not be stopped: " + e, e);
        }
    }
}
