package io.thr.benchmark.server;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;

/** The upstream of every measured way: the least an HTTP server can do, so that it hides no difference. */
public final class HelloUpstream {

    private HelloUpstream() {}

    /** Serves until it is killed. */
    public static void main(String[] args) throws Exception {
        Server server = LoopbackServer.on(new Hello());
        server.start();
        LoopbackServer.announce(server);
        server.join();
    }

    private static final class Hello extends Handler.Abstract.NonBlocking {

        private static final byte[] TEXT = "Hello World\n".getBytes(StandardCharsets.US_ASCII);

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain");
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, TEXT.length);
            response.write(true, ByteBuffer.wrap(TEXT), callback);
            return true;
        }
    }
}
