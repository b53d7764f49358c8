package io.thr.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * A client that costs little: one thread, one selector, fixed request bytes, keep-alive connections each with one
 * request under way. A connection sends its next request as soon as its response is there (a closed loop), so the
 * rate is what the server and the machine allow.
 *
 * <p>Not for threads to share.
 */
final class HttpLoad implements AutoCloseable {

    /** How long, after the end of the measured time, a response may still come before it counts as an error. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private static final Duration LONGEST_LATENCY = Duration.ofMinutes(1);

    /** What a run gave. {@code elapsed} ends with the last response. */
    record Outcome(long requests, long errors, Duration elapsed, Duration p50, Duration p99) {

        double requestsPerSecond() {
            return requests / (elapsed.toNanos() / 1e9);
        }
    }

    /**
     * What is sent, and what is to come back.
     *
     * @param keys how many values the header {@code X-Key} has, in turn; 0: there is no such header
     * @param status the status of a response that is no error
     */
    record Traffic(int keys, int status) {

        private static final int DIGITS = 5;

        /** The same request again and again, to be served. */
        static final Traffic PLAIN = new Traffic(0, 200);

        private byte[] request(InetSocketAddress server) {
            String key = keys == 0 ? "" : "X-Key: " + "0".repeat(DIGITS) + "\r\n";
            return ("GET /hello HTTP/1.1\r\nHost: " + server.getHostString() + ':' + server.getPort()
                            + "\r\nUser-Agent: thr-benchmark\r\nAccept: */*\r\n" + key + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
        }

        /** Puts the next key into a request, whose last header it is. */
        private void turn(ByteBuffer request, long number) {
            if (keys == 0) {
                return;
            }
            long rest = number % keys;
            int last = request.limit() - "\r\n\r\n".length() - 1;
            for (int digit = 0; digit < DIGITS; digit++) {
                request.put(last - digit, (byte) ('0' + rest % 10));
                rest /= 10;
            }
        }
    }

    private final InetSocketAddress server;
    private final Selector selector;
    private final Traffic traffic;
    private final byte[] request;
    private long sent;
    private final List<Connection> connections = new ArrayList<>();

    private final Histogram latencies = new Histogram(LONGEST_LATENCY.toNanos(), 3);
    private long deadline;
    private long errors;
    private int underWay;

    private HttpLoad(InetSocketAddress server, Selector selector, Traffic traffic) {
        this.server = server;
        this.selector = selector;
        this.traffic = traffic;
        this.request = traffic.request(server);
    }

    /** Connects to the server, {@code count} times. */
    static HttpLoad connect(InetSocketAddress server, int count) throws IOException {
        return connect(server, count, Traffic.PLAIN);
    }

    /** Connects to the server, {@code count} times, for that traffic. */
    static HttpLoad connect(InetSocketAddress server, int count, Traffic traffic) throws IOException {
        HttpLoad load = new HttpLoad(server, Selector.open(), traffic);
        for (int i = 0; i < count; i++) {
            load.connections.add(load.new Connection());
        }
        return load;
    }

    /** Sends requests for {@code duration} on all connections, and waits for the responses to the last of them. */
    Outcome run(Duration duration) throws IOException {
        latencies.reset();
        errors = 0;
        long start = System.nanoTime();
        deadline = start + duration.toNanos();
        for (Connection connection : connections) {
            connection.send();
        }
        long end = deadline + GRACE.toNanos();
        while (underWay > 0 && System.nanoTime() < end) {
            selector.select(key -> ((Connection) key.attachment()).readable(), 100);
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        errors += underWay;
        return new Outcome(
                latencies.getTotalCount(),
                errors,
                elapsed,
                Duration.ofNanos(latencies.getValueAtPercentile(50)),
                Duration.ofNanos(latencies.getValueAtPercentile(99)));
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : connections) {
            connection.channel.close();
        }
        selector.close();
    }

    private final class Connection {

        private final ByteBuffer out = ByteBuffer.allocateDirect(request.length).put(request);
        private final ByteBuffer in = ByteBuffer.allocateDirect(16 * 1024);
        private SocketChannel channel;
        private long sentAt;

        private Connection() throws IOException {
            channel = open();
        }

        private SocketChannel open() throws IOException {
            SocketChannel opened = SocketChannel.open(server);
            opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
            opened.configureBlocking(false);
            opened.register(selector, SelectionKey.OP_READ, this);
            return opened;
        }

        private void send() throws IOException {
            in.clear();
            out.flip();
            traffic.turn(out, sent++);
            sentAt = System.nanoTime();
            underWay++;
            while (out.hasRemaining()) {
                channel.write(out);
            }
        }

        private void readable() {
            try {
                if (channel.read(in) < 0) {
                    throw new EOFException("the server closed the connection");
                }
                if (ResponseEnd.isReached(in)) {
                    answered();
                }
            } catch (IOException failed) {
                failed(failed);
            }
        }

        private void answered() throws IOException {
            long now = System.nanoTime();
            underWay--;
            if (ResponseEnd.status(in) == traffic.status()) {
                latencies.recordValue(Math.min(now - sentAt, LONGEST_LATENCY.toNanos()));
            } else {
                errors++;
            }
            if (now < deadline) {
                send();
            }
        }

        private void failed(IOException failure) {
            errors++;
            underWay--;
            try {
                channel.close();
                channel = open();
                if (System.nanoTime() < deadline) {
                    send();
                }
            } catch (IOException again) {
                again.addSuppressed(failure);
                throw new IllegalStateException("the server at " + server + " went away", again);
            }
        }
    }
}
