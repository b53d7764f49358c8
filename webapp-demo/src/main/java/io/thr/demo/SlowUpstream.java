package io.thr.demo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
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

/**
 * A web service that takes its time over each request, on two free ports of the loopback address, as if it were two servers.
 * Threads may share it.
 */
final class SlowUpstream implements AutoCloseable {

    /** A request takes between this part of the time and that much more. */
    private static final double SPREAD = 0.3;

    private final Server server = new Server();
    private volatile int millis;

    private SlowUpstream(int millis) {
        this.millis = millis;
        for (int i = 0; i < 2; i++) {
            HttpConfiguration http = new HttpConfiguration();
            http.setSendServerVersion(false);
            ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
            connector.setHost("127.0.0.1");
            server.addConnector(connector);
        }
        server.setHandler(new Working());
    }

    static SlowUpstream start(int millis) throws IOException {
        SlowUpstream upstream = new SlowUpstream(millis);
        try {
            upstream.server.start();
        } catch (Exception failed) {
            upstream.close();
            throw new IOException("the slow upstream did not start: " + failed.getMessage(), failed);
        }
        return upstream;
    }

    /** The port of its first or its second server. */
    int port(int which) {
        return ((ServerConnector) server.getConnectors()[which]).getLocalPort();
    }

    /** How long requests take in the mean. */
    int millis() {
        return millis;
    }

    /** Takes so long over those that come from now on. */
    void take(int newMillis) {
        millis = newMillis;
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }

    private final class Working extends Handler.Abstract.NonBlocking {

        private static final byte[] TEXT = "done\n".getBytes(StandardCharsets.US_ASCII);

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            double factor = ThreadLocalRandom.current().nextDouble(1 - SPREAD, 1 + SPREAD);
            request.getComponents()
                    .getScheduler()
                    .schedule(() -> answer(response, callback), Math.round(factor * millis), TimeUnit.MILLISECONDS);
            return true;
        }

        private void answer(Response response, Callback callback) {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain");
            response.write(true, ByteBuffer.wrap(TEXT), callback);
        }
    }
}
