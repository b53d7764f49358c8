package io.thr.benchmark.server;

import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Jetty as it comes, on a free port of the loopback address. */
final class LoopbackServer {

    private LoopbackServer() {}

    static Server on(Handler handler) {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(0);
        server.addConnector(connector);
        server.setHandler(handler);
        return server;
    }

    /** Tells the program that started this process where the server listens. */
    static void announce(Server server) {
        System.out.println("ready on port " + ((ServerConnector) server.getConnectors()[0]).getLocalPort());
    }
}
