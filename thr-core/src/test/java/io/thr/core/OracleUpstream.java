package io.thr.core;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An upstream on raw sockets that sees everything: each request's bytes, when it began and ended, and how many there were
 * at a time. What it answers is up to the test.
 */
public final class OracleUpstream implements AutoCloseable {

    private final ServerSocketChannel listener;
    private final Handler handler;
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();
    private final AtomicInteger now = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();

    private OracleUpstream(ServerSocketChannel listener, Handler handler) {
        this.listener = listener;
        this.handler = handler;
    }

    /** What a test answers with. */
    @FunctionalInterface
    public interface Handler {

        /** The raw bytes of the response; none: the connection is closed without an answer. */
        byte[] answer(Seen request) throws Exception;
    }

    /** One request as it came. */
    public record Seen(String head, byte[] body) {

        public String method() {
            return head.substring(0, head.indexOf(' '));
        }

        public String target() {
            int from = head.indexOf(' ') + 1;
            return head.substring(from, head.indexOf(' ', from));
        }

        /** The values of the field of that name, in order. */
        public List<String> all(String name) {
            List<String> values = new ArrayList<>();
            for (String line : head.split("\r\n", -1)) {
                int colon = line.indexOf(':');
                if (colon > 0 && line.substring(0, colon).equalsIgnoreCase(name)) {
                    values.add(line.substring(colon + 1).strip());
                }
            }
            return values;
        }
    }

    public static OracleUpstream start(Handler handler) throws IOException {
        return startOn(0, handler);
    }

    public static OracleUpstream startOn(int port, Handler handler) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
        return start(listener, handler);
    }

    public static OracleUpstream startOn(Path socket, Handler handler) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        return start(listener, handler);
    }

    private static OracleUpstream start(ServerSocketChannel listener, Handler handler) {
        OracleUpstream upstream = new OracleUpstream(listener, handler);
        Thread thread = new Thread(upstream::accept, "oracle-accept");
        thread.setDaemon(true);
        thread.start();
        return upstream;
    }

    /** A response with those fields, {@code name: value}, and a Content-Length. */
    public static byte[] response(int status, String body, String... fields) {
        return response(status, body.getBytes(StandardCharsets.ISO_8859_1), fields);
    }

    public static byte[] response(int status, byte[] body, String... fields) {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Whatever\r\n");
        for (String field : fields) {
            head.append(field).append("\r\n");
        }
        head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        bytes.writeBytes(body);
        return bytes.toByteArray();
    }

    public static byte[] raw(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    public int port() {
        try {
            return ((InetSocketAddress) listener.getLocalAddress()).getPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Every request so far, those that are not answered yet included. */
    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    /** How many requests it is at. */
    public int now() {
        return now.get();
    }

    /** How many requests it was at, at most, at a time. */
    public int most() {
        return most.get();
    }

    /** How many connections have been opened. */
    public int accepted() {
        return accepted.get();
    }

    /** Closes the connections that are open, but goes on listening. */
    public void hangUp() throws IOException {
        for (SocketChannel connection : connections) {
            connection.close();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        hangUp();
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel connection = listener.accept();
                accepted.incrementAndGet();
                connections.add(connection);
                Thread thread = new Thread(() -> serve(connection), "oracle-connection");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(SocketChannel connection) {
        try (connection) {
            InputStream in = new BufferedInputStream(Channels.newInputStream(connection));
            OutputStream out = Channels.newOutputStream(connection);
            while (true) {
                Seen request = read(in);
                byte[] answer = answer(request);
                if (answer.length == 0) {
                    return;
                }
                out.write(answer);
            }
        } catch (IOException gone) {
            // The client has hung up
        } finally {
            connections.remove(connection);
        }
    }

    private byte[] answer(Seen request) throws IOException {
        int running = now.incrementAndGet();
        most.accumulateAndGet(running, Math::max);
        seen.add(request);
        try {
            return handler.answer(request);
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            now.decrementAndGet();
        }
    }

    private static Seen read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException();
            }
            head.write(b);
        }
        Seen bodiless = new Seen(head.toString(StandardCharsets.ISO_8859_1), new byte[0]);
        List<String> length = bodiless.all("Content-Length");
        if (length.isEmpty()) {
            return bodiless;
        }
        byte[] body = in.readNBytes(Integer.parseInt(length.get(0)));
        return new Seen(bodiless.head(), body);
    }
}
