package io.thr.demo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;

/** The smallest web service, on a free port of the loopback address: it answers every request with {@code Hello World}. */
final class HelloUpstream implements AutoCloseable {

    private final Server server = new Server();
    private final ServerConnector connector;

    private HelloUpstream() {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new Hello());
    }

    static HelloUpstream start() throws IOException {
        HelloUpstream upstream = new HelloUpstream();
        try {
            upstream.server.start();
        } catch (Exception failed) {
            upstream.close();
            throw new IOException("the hello upstream did not start: " + failed.getMessage(), failed);
        }
        return upstream;
    }

    int port() {
        return connector.getLocalPort();
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }

    private static final class Hello extends Handler.Abstract.NonBlocking {

        private static final byte[] TEXT = "Hello World\n".getBytes(StandardCharsets.US_ASCII);

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain");
            response.write(true, ByteBuffer.wrap(TEXT), callback);
            return true;
        }
    }
}
