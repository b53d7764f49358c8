package io.thr.benchmark.server;

import java.util.List;
import org.eclipse.jetty.ee10.proxy.AsyncProxyServlet;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;

/** The mark to be measured by: Jetty's {@link AsyncProxyServlet} as a transparent proxy, with its own defaults but for how many
 * requests it lets run at a time. */
public final class JettyProxy {

    /** Passes on each write by itself. */
    public static final String AT_ONCE = "at-once";

    private JettyProxy() {}

    /**
     * Serves until it is killed.
     *
     * @param args the address of the upstream, e.g. {@code http://127.0.0.1:9999}; for events, {@link #AT_ONCE}, without which
     *     they wait for each other in the response's buffer until that is full
     */
    public static void main(String[] args) throws Exception {
        ServletHolder proxy = new ServletHolder(new AsyncProxyServlet.Transparent());
        proxy.setInitParameter("proxyTo", args[0]);
        // by default 256 requests run at a time, and others wait
        proxy.setInitParameter("maxConnections", "2000");
        proxy.setAsyncSupported(true);
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(proxy, "/*");

        Server server = LoopbackServer.on(context);
        if (List.of(args).contains(AT_ONCE)) {
            for (ConnectionFactory factory : server.getConnectors()[0].getConnectionFactories()) {
                ((HttpConfiguration.ConnectionFactory) factory)
                        .getHttpConfiguration()
                        .setOutputAggregationSize(0);
            }
        }
        server.start();
        LoopbackServer.announce(server);
        server.join();
    }
}
