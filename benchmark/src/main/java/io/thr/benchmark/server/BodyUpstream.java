package io.thr.benchmark.server;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;

/** An upstream of large bodies: GET {@code /<bytes>} has a response of so many, and what POST sends is read and dropped. */
public final class BodyUpstream {

    private BodyUpstream() {}

    /** Serves until it is killed. */
    public static void main(String[] args) throws Exception {
        Server server = LoopbackServer.on(new Bodies());
        server.start();
        LoopbackServer.announce(server);
        server.join();
    }

    private static final class Bodies extends Handler.Abstract.NonBlocking {

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            if (request.getMethod().equals("POST")) {
                Content.Source.consumeAll(request, Callback.from(() -> answer(response, callback), callback::failed));
                return true;
            }
            long bytes = Long.parseLong(Request.getPathInContext(request).substring(1));
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes);
            new Sending(response, bytes, callback).iterate();
            return true;
        }

        private static void answer(Response response, Callback callback) {
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, 0);
            response.write(true, ByteBuffer.allocate(0), callback);
        }
    }

    /** Writes block after block, each when the last is written. */
    private static final class Sending extends IteratingCallback {

        private static final ByteBuffer BLOCK = ByteBuffer.allocateDirect(64 * 1024);

        private final Response response;
        private final Callback callback;
        private long left;

        Sending(Response response, long bytes, Callback callback) {
            this.response = response;
            this.left = bytes;
            this.callback = callback;
        }

        @Override
        protected Action process() {
            if (left == 0) {
                return Action.SUCCEEDED;
            }
            int length = (int) Math.min(left, BLOCK.capacity());
            left -= length;
            response.write(left == 0, BLOCK.slice(0, length), this);
            return Action.SCHEDULED;
        }

        @Override
        protected void onCompleteSuccess() {
            callback.succeeded();
        }

        @Override
        protected void onCompleteFailure(Throwable cause) {
            callback.failed(cause);
        }
    }
}
