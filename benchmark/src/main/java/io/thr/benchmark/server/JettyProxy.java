package io.thr.benchmark.server;

import org.eclipse.jetty.ee10.proxy.AsyncProxyServlet;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;

/** The mark to be measured by: Jetty's {@link AsyncProxyServlet} as a transparent proxy, with its own defaults. */
public final class JettyProxy {

    private JettyProxy() {}

    /**
     * Serves until it is killed.
     *
     * @param args the address of the upstream, e.g. {@code http://127.0.0.1:9999}
     */
    public static void main(String[] args) throws Exception {
        ServletHolder proxy = new ServletHolder(new AsyncProxyServlet.Transparent());
        proxy.setInitParameter("proxyTo", args[0]);
        proxy.setAsyncSupported(true);
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(proxy, "/*");

        Server server = LoopbackServer.on(context);
        server.start();
        LoopbackServer.announce(server);
        server.join();
    }
}
