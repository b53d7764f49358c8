package io.thr.demo.e2e;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * An upstream whose responses go on until somebody ends their connection: a piece each ten milliseconds, in chunks, or of
 * a length that it never reaches where the target begins with {@code /length}. It keeps how many are under way.
 */
final class EndlessUpstream implements AutoCloseable {

    private static final String PIECE = "x".repeat(1024);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

    // guarded by this
    private final Map<String, Integer> begun = new HashMap<>();
    private final Map<String, Integer> open = new HashMap<>();

    EndlessUpstream() throws IOException {
        daemon(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** How many responses to that target have begun. */
    synchronized int begun(String target) {
        return begun.getOrDefault(target, 0);
    }

    /** How many responses to that target are under way. */
    synchronized int open(String target) {
        return open.getOrDefault(target, 0);
    }

    /** How many are under way in all. */
    synchronized int open() {
        return open.values().stream().mapToInt(Integer::intValue).sum();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket connection = listener.accept();
                daemon(() -> serve(connection));
            } catch (IOException e) {
                // closed, or a connection that went before it was here
            }
        }
    }

    private void serve(Socket connection) {
        connections.add(connection);
        String target = "";
        try (connection) {
            InputStream in = new BufferedInputStream(connection.getInputStream());
            target = target(in);
            count(target, 1);
            respond(target, connection.getOutputStream());
        } catch (IOException e) {
            // somebody has ended it
        } finally {
            count(target, -1);
            connections.remove(connection);
        }
    }

    private static String target(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0) {
                throw new IOException("the connection ended in the head: " + head);
            }
            head.append((char) c);
        }
        return head.toString().split(" ", 3)[1];
    }

    private synchronized void count(String target, int change) {
        open.merge(target, change, Integer::sum);
        if (change > 0) {
            begun.merge(target, 1, Integer::sum);
        }
    }

    private static void respond(String target, OutputStream out) throws IOException {
        boolean chunked = !target.startsWith("/length");
        String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + (1L << 40);
        String piece = chunked ? Integer.toHexString(PIECE.length()) + "\r\n" + PIECE + "\r\n" : PIECE;
        out.write(("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
        byte[] bytes = piece.getBytes(StandardCharsets.ISO_8859_1);
        while (true) {
            out.write(bytes);
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "endless-upstream");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket connection : connections) {
            connection.close();
        }
    }
}
