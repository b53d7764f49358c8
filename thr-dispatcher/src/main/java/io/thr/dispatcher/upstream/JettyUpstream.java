package io.thr.dispatcher.upstream;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.ContinueProtocolHandler;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpClientTransport;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Speaks HTTP with Jetty's client, adding nothing of its own: what the front took is what the upstream gets, less the
 * fields of the connection and with a Host and a Content-Length that are true.
 */
final class JettyUpstream implements AutoCloseable {

    /** What is read of a large response at a time: as much as goes in a frame. */
    private static final int READ_BYTES = 64 * 1024;

    private static final int MAX_HEADER_BYTES = 64 * 1024;

    /** How long a connection is kept that serves no request. */
    private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(30);

    private final HttpClient client;
    private final boolean http2;
    private final int maxResponseBody;
    private final InstantSource clock;
    private final ServedConnections served = new ServedConnections();

    private JettyUpstream(HttpClient client, boolean http2, int maxResponseBody, InstantSource clock) {
        this.client = client;
        this.http2 = http2;
        this.maxResponseBody = maxResponseBody;
        this.clock = clock;
    }

    /**
     * Starts a client.
     *
     * @param connectTimeout as long as a name may be looked up, and as long as a connection may take to be opened
     * @param threads run it; they remain the caller's to end, as does the scheduler
     * @param maxConcurrent how many calls there may be at a time, whatever their upstream
     * @param maxResponseBody in bytes
     */
    static JettyUpstream start(
            HttpClientTransport transport,
            Duration connectTimeout,
            Executor threads,
            Scheduler scheduler,
            int maxConcurrent,
            int maxResponseBody,
            InstantSource clock) {
        HttpClient client = new HttpClient(transport);
        client.setName("thr-upstream");
        client.setExecutor(threads);
        client.setScheduler(scheduler);
        client.setConnectTimeout(connectTimeout.toMillis());
        client.setAddressResolutionTimeout(connectTimeout.toMillis());
        boolean http2 = !(transport instanceof HttpClientTransportOverHTTP);
        // It ends an HTTP/2 connection also while requests wait there for their responses
        client.setIdleTimeout(http2 ? 0 : IDLE_TIMEOUT.toMillis());
        client.setFollowRedirects(false);
        client.setUserAgentField(null);
        client.setDefaultRequestContentType(null);
        client.setHttpCookieStore(new HttpCookieStore.Empty());
        client.setMaxConnectionsPerDestination(maxConcurrent);
        client.setMaxRequestsQueuedPerDestination(maxConcurrent);
        client.setMaxRequestHeadersSize(MAX_HEADER_BYTES);
        client.setMaxResponseHeadersSize(MAX_HEADER_BYTES);
        client.setResponseBufferSize(READ_BYTES);
        try {
            client.start();
        } catch (Exception e) {
            throw new IllegalStateException("the HTTP client could not be started: " + e, e);
        }
        // What start() has put in: decoders that would unpack bodies, and handlers that act on 101, 3xx, 401 and 407
        client.getContentDecoderFactories().clear();
        client.getProtocolHandlers().clear();
        client.getProtocolHandlers().put(new ContinueProtocolHandler());
        client.getProtocolHandlers().put(new InterimHandler());
        return new JettyUpstream(client, http2, maxResponseBody, clock);
    }

    /** Sends the request to its address; cancelling the future aborts the call. */
    CompletableFuture<UpstreamResult> call(UpstreamRequest request, HostPolicy host, ConnectionListener listener) {
        Duration left = Duration.between(clock.instant(), request.deadline());
        JettyRequest jettyRequest = new JettyRequest(client, request, http2, host, served, listener);
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
