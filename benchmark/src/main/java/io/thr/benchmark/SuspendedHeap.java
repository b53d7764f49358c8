package io.thr.benchmark;

import io.thr.benchmark.server.BareSuspension;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What requests that wait cost a server: the same server, seen with few of them and with many.
 *
 * @param messageBytes the size of a request's message in Redis; 0 where there is none
 */
record SuspendedHeap(String server, JvmProbe.Sight few, JvmProbe.Sight many, long messageBytes) {

    private static final int FEW = 10;
    private static final Duration ARRIVAL_LIMIT = Duration.ofMinutes(3);

    /** How many requests wait in the server now. */
    private interface Waiting {

        long count() throws IOException;
    }

    double bytesPerRequest() {
        return (double) (many.liveBytes() - few.liveBytes()) / (many.requests() - few.requests());
    }

    /** Measures Jetty alone, then the front, each with ten requests and with {@code requests}. */
    static List<SuspendedHeap> measureAll(int requests) throws IOException, InterruptedException {
        return List.of(jettyAlone(requests), front(requests));
    }

    private static SuspendedHeap jettyAlone(int requests) throws IOException, InterruptedException {
        try (ServerProcess jetty = ServerProcess.java("jetty", Servers.READY, BareSuspension.class.getName());
                Sockets sockets = new Sockets(jetty.port())) {
            JvmProbe probe = new JvmProbe(jetty.pid());
            Waiting waiting = () -> waitingIn(jetty.port());
            return new SuspendedHeap(
                    "Jetty, startAsync alone",
                    look(probe, sockets, FEW, waiting),
                    look(probe, sockets, requests, waiting),
                    0);
        }
    }

    private static SuspendedHeap front(int requests) throws IOException, InterruptedException {
        try (ThrProcesses thr = ThrProcesses.startWithoutDispatcher();
                Sockets sockets = new Sockets(thr.front().port())) {
            JvmProbe probe = new JvmProbe(thr.front().pid());
            Waiting waiting = () -> thr.redis().length(ThrProcesses.QUEUE);
            return new SuspendedHeap(
                    "front of THR",
                    look(probe, sockets, FEW, waiting),
                    look(probe, sockets, requests, waiting),
                    thr.redis().sizeOfOldest(ThrProcesses.QUEUE));
        }
    }

    /**
     * Brings the waiting requests up to that number, then looks. They come a few at a time: a burst would make the
     * server's thread pool grow for its own sake, and it is the waiting that is measured.
     */
    private static JvmProbe.Sight look(JvmProbe probe, Sockets sockets, int requests, Waiting waiting)
            throws IOException, InterruptedException {
        long limit = System.nanoTime() + ARRIVAL_LIMIT.toNanos();
        while (waiting.count() < requests) {
            sockets.sendUpTo((int) Math.min(requests, waiting.count() + FEW));
            if (System.nanoTime() > limit) {
                throw new IOException(waiting.count() + " requests wait (expected: " + requests + ")");
            }
            Thread.sleep(1);
        }
        return probe.look(requests);
    }

    private static long waitingIn(int port) throws IOException {
        try (SocketChannel channel = SocketChannel.open(loopback(port))) {
            ByteBuffer in = ByteBuffer.allocate(4096);
            channel.write(request("/waiting", port));
            while (!ResponseEnd.isReached(in)) {
                if (channel.read(in) < 0) {
                    throw new IOException("the server closed the connection");
                }
            }
            String response = StandardCharsets.US_ASCII.decode(in.flip()).toString();
            return Long.parseLong(response.substring(response.lastIndexOf('\n') + 1));
        }
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static ByteBuffer request(String path, int port) {
        return StandardCharsets.US_ASCII.encode("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n");
    }

    /** Connections that each sent one request and read nothing. */
    private static final class Sockets implements AutoCloseable {

        private final int port;
        private final List<SocketChannel> open = new ArrayList<>();

        private Sockets(int port) {
            this.port = port;
        }

        private void sendUpTo(int requests) throws IOException {
            while (open.size() < requests) {
                SocketChannel channel = SocketChannel.open(loopback(port));
                open.add(channel);
                channel.write(request("/hello", port));
            }
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel channel : open) {
                channel.close();
            }
        }
    }
}
