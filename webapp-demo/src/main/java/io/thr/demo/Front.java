package io.thr.demo;

import io.thr.core.redis.RedisUnavailableException;
import io.thr.filter.ThrFilter;
import io.thr.filter.config.FilterSettings;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.EnumSet;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;

/**
 * A running front: Jetty, the filter, and behind it a servlet that answers what the filter lets through. Threads may
 * share it.
 *
 * <p>When it is closed it accepts nothing more (what still comes on open connections gets 503) and waits until all
 * suspended requests are answered, at most as long as a request may wait at all.
 */
final class Front implements AutoCloseable {

    /** What a header may have in sum, in bytes. Jetty's 8 KiB are less than some single sign-on cookies. */
    private static final int HEADER_BYTES = 64 * 1024;

    private final Server server;
    private final Listen listen;

    private Front(Server server, Listen listen) {
        this.server = server;
        this.listen = listen;
    }

    /**
     * Binds, connects to Redis, accepts requests.
     *
     * @throws IOException where it can't listen there
     * @throws RedisUnavailableException where there is no usable Redis
     */
    static Front start(FilterSettings settings, Listen listen) throws IOException {
        Front front = new Front(new Server(), listen);
        front.connect();
        front.server.setHandler(new GracefulHandler(application(new ThrFilter(settings))));
        front.server.setStopTimeout(
                settings.timeout().plus(settings.graceTime()).toMillis());
        try {
            front.server.start();
            return front;
        } catch (Exception failed) {
            front.close();
            throw front.explained(failed);
        }
    }

    private void connect() throws IOException {
        if (listen.tcp()) {
            ServerConnector connector = new ServerConnector(server, http());
            connector.setPort(listen.port());
            // many may come at once; the default is 50
            connector.setAcceptQueueSize(1024);
            server.addConnector(connector);
        }
        Path path = listen.unixSocket();
        if (path != null) {
            StaleSocket.remove(path);
            UnixDomainServerConnector connector = new UnixDomainServerConnector(server, http());
            connector.setUnixDomainPath(path);
            server.addConnector(connector);
        }
    }

    private static HttpConnectionFactory http() {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES);
        http.setResponseHeaderSize(HEADER_BYTES);
        // The filter refuses ambiguous paths itself, with an answer of its own; Jetty would hide them from it.
        http.setUriCompliance(UriCompliance.UNSAFE);
        return new HttpConnectionFactory(http);
    }

    private static ServletContextHandler application(ThrFilter filter) {
        ServletContextHandler context = new ServletContextHandler("/");
        FilterHolder holder = new FilterHolder(filter);
        holder.setAsyncSupported(true);
        context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
        context.addServlet(new NoQueueServlet(), "/").setAsyncSupported(true);
        context.getServletHandler().setDecodeAmbiguousURIs(true);
        return context;
    }

    /** The failure in words for the one who started this. */
    private IOException explained(Exception failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RedisUnavailableException unavailable) {
                throw unavailable;
            }
            if (cause instanceof SocketException) {
                return new IOException(
                        "can't listen on " + listen + ": " + cause.getMessage()
                                + "; end what listens there, or choose another place (--port, --unix-socket)",
                        failure);
            }
        }
        return new IOException("the front did not start: " + failure, failure);
    }

    /** Where it listens, as a client would write it. */
    String url() {
        return listen.tcp() ? "http://localhost:" + port() : "unix:" + listen.unixSocket();
    }

    /** The TCP port; −1 where it has none. */
    int port() {
        return server.getConnectors()[0] instanceof ServerConnector connector ? connector.getLocalPort() : -1;
    }

    /** Waits until it is closed, by another thread. */
    void awaitEnd() throws InterruptedException {
        server.join();
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }
}
