package io.thr.demo;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Ends a connection of HTTP/1 on which the head of a request takes too long, with 408. Who sends a byte now and then is never
 * idle, and could keep connections for ever. It listens to the connections, looks at all of them a few times in that time, and
 * must be the outermost handler, so that it knows when a connection is between two requests. Threads may share it.
 */
final class SlowHeads extends Handler.Wrapper implements Connection.Listener {

    private static final int LOOKS = 4;

    private static final byte[] ANSWER = """
            HTTP/1.1 408 Request Timeout\r
            Content-Length: 0\r
            Connection: close\r
            \r
            """.getBytes(StandardCharsets.US_ASCII);

    private final long patienceNanos;
    private final Map<Connection, Between> connections = new ConcurrentHashMap<>();

    /** With the time that a head may take from its first byte on; it may be a quarter longer. */
    SlowHeads(Duration patience) {
        this.patienceNanos = patience.toNanos();
    }

    /**
     * Where a connection stands between two requests. A request's thread and the scheduler's write it, and each reads what the
     * other has written: a head that is complete at the very moment of a look has been slow as well.
     */
    private static final class Between {

        private volatile boolean isServing;
        private volatile long bytesBefore;
        private volatile long sinceNanos;
        private volatile boolean hasBegun;
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        lookAgain(getServer().getScheduler());
    }

    private void lookAgain(Scheduler scheduler) {
        if (isStarting() || isRunning()) {
            scheduler.schedule(
                    () -> {
                        connections.forEach(this::look);
                        lookAgain(scheduler);
                    },
                    patienceNanos / LOOKS,
                    TimeUnit.NANOSECONDS);
        }
    }

    private void look(Connection connection, Between between) {
        long now = System.nanoTime();
        if (between.isServing || connection.getBytesIn() <= between.bytesBefore) {
            between.hasBegun = false;
        } else if (!between.hasBegun) {
            between.sinceNanos = now;
            between.hasBegun = true;
        } else if (now - between.sinceNanos >= patienceNanos) {
            connections.remove(connection);
            EndPoint client = connection.getEndPoint();
            client.write(Callback.from(client::close), ByteBuffer.wrap(ANSWER));
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        Connection connection = request.getConnectionMetaData().getConnection();
        Between between = connections.get(connection);
        if (between != null) {
            between.isServing = true;
            between.hasBegun = false;
            Request.addCompletionListener(request, failure -> {
                between.bytesBefore = connection.getBytesIn();
                between.isServing = false;
            });
        }
        return super.handle(request, response, callback);
    }

    @Override
    public void onOpened(Connection connection) {
        connections.put(connection, new Between());
    }

    @Override
    public void onClosed(Connection connection) {
        connections.remove(connection);
    }
}
