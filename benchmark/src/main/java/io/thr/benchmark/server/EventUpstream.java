package io.thr.benchmark.server;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;

/**
 * An upstream of server-sent events: each response begins with one and has ten a second, which tell when they were sent, in
 * microseconds of the epoch. The streams are spread over the tenth of a second. {@code /open} tells how many there are.
 */
public final class EventUpstream {

    private static final int GROUPS = 100;

    private EventUpstream() {}

    /** Serves until it is killed. */
    public static void main(String[] args) throws Exception {
        Events events = new Events();
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        var unused = timer.scheduleAtFixedRate(events::tick, 1, 1, TimeUnit.MILLISECONDS);
        Server server = LoopbackServer.on(events);
        server.start();
        LoopbackServer.announce(server);
        server.join();
    }

    private static final class Events extends Handler.Abstract.NonBlocking {

        // guarded by this: the streams whose turn is in the same millisecond
        private final List<List<Stream>> groups = new ArrayList<>();
        private int next;
        private int turn;

        Events() {
            for (int i = 0; i < GROUPS; i++) {
                groups.add(new ArrayList<>());
            }
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            if (Request.getPathInContext(request).equals("/open")) {
                String open = String.valueOf(open());
                response.getHeaders().put(HttpHeader.CONTENT_LENGTH, open.length());
                response.write(true, ByteBuffer.wrap(open.getBytes(StandardCharsets.US_ASCII)), callback);
                return true;
            }
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
            Stream stream = new Stream(response, callback);
            stream.send();
            add(stream);
            return true;
        }

        private synchronized void add(Stream stream) {
            groups.get(next++ % GROUPS).add(stream);
        }

        private synchronized long open() {
            return groups.stream()
                    .flatMap(List::stream)
                    .filter(stream -> !stream.ended())
                    .count();
        }

        private synchronized List<Stream> group() {
            List<Stream> group = groups.get(turn++ % GROUPS);
            group.removeIf(Stream::ended);
            return List.copyOf(group);
        }

        private void tick() {
            group().forEach(Stream::send);
        }
    }

    /** One response. */
    private static final class Stream implements Callback {

        private final Response response;
        private final Callback callback;
        private final AtomicBoolean writing = new AtomicBoolean();
        private volatile boolean ended;

        Stream(Response response, Callback callback) {
            this.response = response;
            this.callback = callback;
        }

        boolean ended() {
            return ended;
        }

        /** Leaves one out where the last is not written yet. */
        void send() {
            if (ended || !writing.compareAndSet(false, true)) {
                return;
            }
            long micros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
            String event = "data: " + micros + "\n\n";
            response.write(false, ByteBuffer.wrap(event.getBytes(StandardCharsets.US_ASCII)), this);
        }

        @Override
        public void succeeded() {
            writing.set(false);
        }

        @Override
        public void failed(Throwable cause) {
            ended = true;
            callback.failed(cause);
        }
    }
}
