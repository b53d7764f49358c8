package io.thr.demo;

import io.thr.admin.AdminExtension;
import io.thr.admin.AdminResponse;
import io.thr.admin.AdminSettings;
import io.thr.filter.ThrAdminServlet;
import io.thr.filter.ThrFilter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The front's admin port: the servlet on a server of its own, so that who looks takes none of the threads and connections of those
 * who wait. Threads may share it.
 */
final class AdminPort implements AutoCloseable {

    private static final int THREADS = 16;
    private static final int CONNECTIONS = 128;
    private static final int HEAD_BYTES = 16 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Server server;
    private final ServerConnector connector;

    private AdminPort(ThrFilter filter, AdminSettings settings, List<AdminExtension> extensions) {
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 1);
        threads.setName("thr-admin-port");
        threads.setDaemon(true);
        threads.setReservedThreads(0);
        server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEAD_BYTES);
        connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost(settings.host());
        connector.setPort(Objects.requireNonNull(settings.port(), "admin.port"));
        connector.setIdleTimeout(PATIENCE.toMillis());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(CONNECTIONS, connector));
        ServletContextHandler context = new ServletContextHandler("/");
        ServletHolder servlet = new ServletHolder(new ThrAdminServlet(filter, settings.isOnLoopback(), extensions));
        servlet.setAsyncSupported(true);
        context.addServlet(servlet, "/*");
        server.setHandler(context);
        server.setErrorHandler(new Refusals());
        context.setErrorHandler(new Refusals());
    }

    /** What Jetty refuses by itself gets an answer of ours, with nothing of the request in it. */
    private static final class Refusals extends ErrorHandler {

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            int status = response.getStatus();
            AdminResponse answer =
                    AdminResponse.problem(status, HttpStatus.getMessage(status), "the request cannot be understood");
            answer.fields().forEach((name, value) -> response.getHeaders().put(name, value));
            response.write(true, ByteBuffer.wrap(answer.body()), callback);
            return true;
        }
    }

    /**
     * Listens.
     *
     * @param filter has been started
     * @param settings with a port
     * @param extensions what it shows besides
     * @throws IOException where it cannot listen there, with what to do
     */
    static AdminPort start(ThrFilter filter, AdminSettings settings, List<AdminExtension> extensions)
            throws IOException {
        AdminPort admin = new AdminPort(filter, settings, extensions);
        try {
            admin.server.start();
            return admin;
        } catch (Exception failed) {
            admin.close();
            throw new IOException(
                    "admin: can't listen on " + settings.host() + ":" + settings.port() + ": "
                            + failed.getMessage()
                            + "; end what listens there, or choose another port (admin.port, --admin-port; 0: any free"
                            + " one) or address (admin.host)",
                    failed);
        }
    }

    /** Where it is, as a browser on this machine would write it. */
    String url() {
        String host = connector.getHost();
        return "http://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + connector.getLocalPort();
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }
}
