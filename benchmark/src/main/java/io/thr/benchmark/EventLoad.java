package io.thr.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Many streams of server-sent events, read by one thread with one selector, which compares the time in each event with its
 * own clock: sender and reader are on one machine. Not for threads to share.
 */
final class EventLoad implements AutoCloseable {

    private static final byte[] REQUEST =
            "GET /events HTTP/1.1\r\nHost: benchmark\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final long MINUTE_MICROS = TimeUnit.MINUTES.toMicros(1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int AT_A_TIME = 50;

    /** Of the events of a run. */
    record Outcome(long events, Duration p50, Duration p99, Duration max) {}

    private final Selector selector = Selector.open();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final List<SocketChannel> channels = new ArrayList<>();
    private final Histogram delays = new Histogram(MINUTE_MICROS, 3);
    private long events;
    private int begun;

    private EventLoad() throws IOException {}

    /** As many streams, each of which has begun. */
    static EventLoad open(InetSocketAddress server, int streams) throws IOException {
        EventLoad load = new EventLoad();
        try {
            // not all at once, which would measure how requests wait
            while (load.channels.size() < streams) {
                for (int i = 0; i < AT_A_TIME && load.channels.size() < streams; i++) {
                    load.add(server);
                }
                load.awaitBegun();
            }
        } catch (IOException e) {
            load.close();
            throw e;
        }
        return load;
    }

    private void add(InetSocketAddress server) throws IOException {
        SocketChannel channel = SocketChannel.open(server);
        channels.add(channel);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.write(ByteBuffer.wrap(REQUEST));
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, new Reader(channel));
    }

    private void awaitBegun() throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (begun < channels.size()) {
            if (System.nanoTime() > end) {
                throw new IOException(begun + " of " + channels.size() + " streams have begun");
            }
            select();
        }
    }

    private void select() throws IOException {
        try {
            selector.select(key -> ((Reader) key.attachment()).readable(), 100);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Reads what comes in that time. */
    Outcome run(Duration duration) throws IOException {
        delays.reset();
        events = 0;
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() < end) {
            select();
        }
        return new Outcome(
                events,
                Duration.of(delays.getValueAtPercentile(50), ChronoUnit.MICROS),
                Duration.of(delays.getValueAtPercentile(99), ChronoUnit.MICROS),
                Duration.of(delays.getMaxValue(), ChronoUnit.MICROS));
    }

    private static long nowMicros() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    private final class Reader {

        private final SocketChannel channel;
        private final EventStream stream = new EventStream(this::event);
        private boolean hasBegun;

        Reader(SocketChannel channel) {
            this.channel = channel;
        }

        private void readable() {
            buffer.clear();
            try {
                if (channel.read(buffer) < 0) {
                    throw new EOFException("a stream has ended");
                }
                stream.read(buffer.flip());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void event(long sentMicros) {
            if (!hasBegun) {
                hasBegun = true;
                begun++;
            }
            events++;
            delays.recordValue(Math.min(MINUTE_MICROS, Math.max(0, nowMicros() - sentMicros)));
        }
    }

    /** How long the first byte of a response takes, one request after the other, each on a connection of its own. */
    static List<Duration> firstBytes(InetSocketAddress server, int requests) throws IOException {
        List<Duration> first = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            try (Socket socket = new Socket(server.getAddress(), server.getPort())) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout((int) PATIENCE.toMillis());
                long sent = System.nanoTime();
                socket.getOutputStream().write(REQUEST);
                if (socket.getInputStream().read() < 0) {
                    throw new EOFException("no response");
                }
                first.add(Duration.ofNanos(System.nanoTime() - sent));
            }
        }
        return first;
    }

    /** Returns when the upstream has no stream any more: the next is not to be measured beside the last. */
    static void awaitEnd(InetSocketAddress upstream) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (open(upstream) > 0) {
            if (System.nanoTime() > end) {
                throw new IOException(open(upstream) + " streams do not end");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    private static int open(InetSocketAddress upstream) throws IOException {
        try (Socket socket = new Socket(upstream.getAddress(), upstream.getPort())) {
            socket.getOutputStream()
                    .write("GET /open HTTP/1.1\r\nHost: benchmark\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            String response = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            return Integer.parseInt(response.substring(response.indexOf("\r\n\r\n") + 4));
        }
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel channel : channels) {
            channel.close();
        }
        selector.close();
    }
}
