package io.thr.dispatcher.admin;

import static java.lang.System.Logger.Level.INFO;

import io.thr.admin.AdminHandler;
import io.thr.admin.AdminSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Objects;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A server of its own for the admin port, with few threads and bounds on everything, so that whoever asks it much has no part of what the
 * dispatcher does. Answers are written without a thread. Threads may share it.
 */
public final class AdminServer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(AdminServer.class.getName());

    private static final int THREADS = 8;
    private static final int CONNECTIONS = 128;
    private static final int HEAD_BYTES = 16 * 1024;

    /** For how long a client may neither send nor take anything. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Server server;
    private final ServerConnector connector;
    private final AdminHandler handler;

    private AdminServer(AdminSettings settings, AdminHandler handler) {
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 1);
        threads.setName("thr-admin-port");
        threads.setDaemon(true);
        threads.setReservedThreads(0);
        this.handler = handler;
        this.server = new Server(threads);
        this.connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http()));
        connector.setHost(settings.host());
        connector.setPort(Objects.requireNonNull(settings.port(), "admin.port"));
        connector.setIdleTimeout(PATIENCE.toMillis());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(CONNECTIONS, connector));
        server.setHandler(new AdminJettyHandler(handler));
        server.setErrorHandler(new AdminErrorHandler());
    }

    private static HttpConfiguration http() {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEAD_BYTES);
        http.setUriCompliance(UriCompliance.RFC3986);
        http.setHttpCompliance(HttpCompliance.RFC9110);
        return http;
    }

    /**
     * Listens.
     *
     * @param settings with a port
     * @param handler answers; it ends with this
     * @throws UncheckedIOException where it cannot listen there, with what to do
     */
    public static AdminServer start(AdminSettings settings, AdminHandler handler) {
        AdminServer admin = new AdminServer(settings, handler);
        try {
            admin.server.start();
        } catch (Exception e) {
            admin.close();
            throw explained(settings, e);
        }
        LOG.log(INFO, "the admin port is at {0}", admin.url());
        return admin;
    }

    private static RuntimeException explained(AdminSettings settings, Exception failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException
                    || cause instanceof SocketException
                    || cause instanceof UnresolvedAddressException
                    || cause instanceof UnknownHostException) {
                String message = "admin: can't listen on " + settings.host() + ":" + settings.port() + ": "
                        + (cause.getMessage() == null ? "unknown host" : cause.getMessage())
                        + "; end what listens there, or choose another port (admin.port, --admin-port; 0: any free one)"
                        + " or address (admin.host)";
                return new UncheckedIOException(message, new IOException(message, failure));
            }
        }
        return new IllegalStateException("admin: the port did not start: " + failure, failure);
    }

    /** Where it is, as a browser on this machine would write it. */
    public String url() {
        String host = connector.getHost();
        return "http://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port();
    }

    /** The TCP port. */
    public int port() {
        return connector.getLocalPort();
    }

    /** Listens no more, and ends what is open. */
    @Override
    public void close() {
        handler.close();
        LifeCycle.stop(server);
    }
}
