package io.thr.benchmark;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Keep-alive connections on which one large body follows another, down or up, each with a thread of its own: few enough
 * that threads cost nothing. Every response must be 200 and whole.
 */
final class BodyLoad {

    private static final int BLOCK = 64 * 1024;
    private static final int PATIENCE_MILLIS = 60_000;

    /** Which way the bodies go. */
    enum Direction {
        DOWN,
        UP
    }

    private BodyLoad() {}

    /**
     * Passes on bodies for that time, and finishes those that have begun.
     *
     * @return how many bytes a second there were of them
     */
    static double run(InetSocketAddress server, Direction direction, long size, int connections, Duration duration)
            throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        try {
            long start = System.nanoTime();
            long deadline = start + duration.toNanos();
            List<Future<Long>> running = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                running.add(threads.submit(() -> passOn(server, direction, size, deadline)));
            }
            long bodies = 0;
            for (Future<Long> one : running) {
                bodies += one.get();
            }
            return (double) bodies * size / ((System.nanoTime() - start) / 1e9);
        } catch (ExecutionException e) {
            throw new IOException(direction + " of " + size + " bytes over " + server, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            threads.shutdownNow();
        }
    }

    private static long passOn(InetSocketAddress server, Direction direction, long size, long deadline)
            throws IOException {
        try (Socket socket = new Socket(server.getAddress(), server.getPort())) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            InputStream in = new BufferedInputStream(socket.getInputStream(), BLOCK);
            byte[] block = new byte[BLOCK];
            long bodies = 0;
            do {
                if (direction == Direction.UP) {
                    upload(socket.getOutputStream(), size, block);
                    skip(in, lengthOf(head(in)), block);
                } else {
                    send(socket.getOutputStream(), "GET /" + size + " HTTP/1.1\r\nHost: benchmark\r\n\r\n");
                    long length = lengthOf(head(in));
                    if (length != size) {
                        throw new IOException("Content-Length: " + length + " (expected: " + size + ")");
                    }
                    skip(in, length, block);
                }
                bodies++;
            } while (System.nanoTime() < deadline);
            return bodies;
        }
    }

    private static void send(OutputStream out, String head) throws IOException {
        out.write(head.getBytes(StandardCharsets.US_ASCII));
    }

    private static void upload(OutputStream out, long size, byte[] block) throws IOException {
        send(out, "POST / HTTP/1.1\r\nHost: benchmark\r\nContent-Length: " + size + "\r\n\r\n");
        for (long left = size; left > 0; left -= BLOCK) {
            out.write(block, 0, (int) Math.min(left, BLOCK));
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0) {
                throw new EOFException("the connection ended after: " + head);
            }
            head.append((char) c);
        }
        if (!head.toString().startsWith("HTTP/1.1 200 ")) {
            throw new IOException(head.toString());
        }
        return head.toString();
    }

    private static long lengthOf(String head) {
        return head.lines()
                .filter(line -> line.regionMatches(true, 0, "Content-Length:", 0, 15))
                .mapToLong(line -> Long.parseLong(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
    }

    private static void skip(InputStream in, long length, byte[] block) throws IOException {
        for (long left = length; left > 0; ) {
            int read = in.read(block, 0, (int) Math.min(left, BLOCK));
            if (read < 0) {
                throw new EOFException("the connection ended " + left + " bytes before the body");
            }
            left -= read;
        }
    }
}
