package io.thr.demo;

import static org.eclipse.jetty.http.HttpCompliance.Violation.LF_CHUNK_TERMINATION;
import static org.eclipse.jetty.http.HttpCompliance.Violation.LF_HEADER_TERMINATION;
import static org.eclipse.jetty.http.UriCompliance.Violation.FRAGMENT;
import static org.eclipse.jetty.http.UriCompliance.Violation.USER_INFO;

import io.thr.admin.AdminExtension;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.ThrFilter;
import io.thr.filter.config.FilterSettings;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;

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

    /** For how long a client may send nothing of a request that it has begun, and how long a request's head may take. */
    private static final Duration SENDER_PATIENCE = Duration.ofSeconds(30);

    private final Server server;
    private final Listen listen;
    private volatile @Nullable AdminPort admin;

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
        return start(settings, listen, SENDER_PATIENCE, List.of());
    }

    /** The same, with more on its admin port. */
    static Front start(FilterSettings settings, Listen listen, List<AdminExtension> extensions) throws IOException {
        return start(settings, listen, SENDER_PATIENCE, extensions);
    }

    /** The same, for tests that cannot wait. */
    static Front start(FilterSettings settings, Listen listen, Duration senderPatience) throws IOException {
        return start(settings, listen, senderPatience, List.of());
    }

    private static Front start(
            FilterSettings settings, Listen listen, Duration senderPatience, List<AdminExtension> extensions)
            throws IOException {
        lookForRedis(settings.redis());
        Front front = new Front(new Server(), listen);
        SlowHeads slowHeads = new SlowHeads(senderPatience);
        front.connect(senderPatience, slowHeads);
        ThrFilter filter = new ThrFilter(settings);
        slowHeads.setHandler(new GracefulHandler(new NoResource(application(filter))));
        front.server.setHandler(slowHeads);
        front.server.setStopTimeout(
                settings.timeout().plus(settings.graceTime()).toMillis());
        try {
            front.server.start();
            if (settings.admin().hasPort()) {
                front.admin = AdminPort.start(filter, settings.admin(), extensions);
            }
            return front;
        } catch (Exception failed) {
            front.close();
            throw front.explained(failed);
        }
    }

    /** In an application the filter would begin without; whoever starts a front wants to know at once. */
    private static void lookForRedis(RedisUrl redis) {
        if (!redis.isEmbedded()) {
            Redis.connect(redis, "thr-front-start").close();
        }
    }

    private void connect(Duration senderPatience, SlowHeads slowHeads) throws IOException {
        if (listen.tcp()) {
            HttpConfiguration http = http();
            ServerConnector connector = new ServerConnector(server, http1(http, slowHeads), new PriorKnowledge(http));
            connector.setIdleTimeout(senderPatience.toMillis());
            connector.setPort(listen.port());
            // many may come at once; the default is 50
            connector.setAcceptQueueSize(1024);
            server.addConnector(connector);
        }
        Path path = listen.unixSocket();
        if (path != null) {
            StaleSocket.remove(path);
            UnixDomainServerConnector connector = new UnixDomainServerConnector(server, http1(http(), slowHeads));
            connector.setIdleTimeout(senderPatience.toMillis());
            connector.setUnixDomainPath(path);
            server.addConnector(connector);
        }
    }

    private static HttpConnectionFactory http1(HttpConfiguration http, SlowHeads slowHeads) {
        HttpConnectionFactory factory = new HttpConnectionFactory(http);
        factory.addBean(slowHeads, false);
        return factory;
    }

    private static HttpConfiguration http() {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES);
        http.setResponseHeaderSize(HEADER_BYTES);
        // The filter refuses ambiguous paths itself, with an answer of its own; Jetty would hide them from it.
        http.setUriCompliance(UriCompliance.UNSAFE.without("FRONT", USER_INFO, FRAGMENT));
        // Not every server takes a bare LF for the end of a line: what it ends for us alone could be a request in a
        // request
        http.setHttpCompliance(HttpCompliance.RFC9110.without("FRONT", LF_HEADER_TERMINATION, LF_CHUNK_TERMINATION));
        // Else a value comes out in the case of one that was seen before
        http.setHeaderCacheCaseSensitive(true);
        return http;
    }

    /**
     * HTTP/2 where a client begins with it. One that asks for it by {@code Upgrade: h2c} gets HTTP/1.1: that way is obsolete
     * (RFC 9113 §3.1), and by it a request could pass a proxy before us that would have refused it.
     */
    private static final class PriorKnowledge extends HTTP2CServerConnectionFactory {

        PriorKnowledge(HttpConfiguration http) {
            super(http);
        }

        @Override
        public @Nullable Connection upgradeConnection(
                Connector connector, EndPoint endPoint, MetaData.Request request, HttpFields.Mutable response) {
            return request.getHttpVersion() == HttpVersion.HTTP_2
                    ? super.upgradeConnection(connector, endPoint, request, response)
                    : null;
        }
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
        if (failure instanceof IOException inWords
                && String.valueOf(failure.getMessage()).startsWith("admin: ")) {
            return inWords;
        }
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

    /** Where its admin port is; null where it has none. */
    @Nullable
    String adminUrl() {
        AdminPort port = admin;
        return port == null ? null : port.url();
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
        // last, so that it shows how the waiting ones end
        AdminPort port = admin;
        if (port != null) {
            port.close();
        }
    }
}
