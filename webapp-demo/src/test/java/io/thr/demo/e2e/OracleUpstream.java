package io.thr.demo.e2e;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The upstream as oracle: it records every request byte for byte as it stood on the wire and answers what the test
 * says. It speaks HTTP/1.1 by hand, so that no library between makes a request look better than it is.
 */
final class OracleUpstream implements AutoCloseable {

    private final ServerSocket server = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    private final ExecutorService connections = Executors.newCachedThreadPool();
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final Function<Received, Reply> answer;

    /** One request as it arrived. */
    record Received(String method, String target, List<String> fields, byte[] body) {

        @Nullable
        String header(String name) {
            String prefix = name.toLowerCase(Locale.ROOT) + ":";
            return fields.stream()
                    .filter(field -> field.toLowerCase(Locale.ROOT).startsWith(prefix))
                    .map(field -> field.substring(prefix.length()).strip())
                    .findFirst()
                    .orElse(null);
        }
    }

    /** What to answer; null fields mean that the connection is left open without an answer. */
    record Reply(int status, List<String> fields, byte @Nullable [] body) {

        static Reply echo(Received request) {
            return new Reply(200, List.of("Content-Type: application/octet-stream"), request.body());
        }

        /** Reads the request and never answers. */
        static Reply silence() {
            return new Reply(0, List.of(), null);
        }
    }

    OracleUpstream(Function<Received, Reply> answer) throws IOException {
        this.answer = answer;
        connections.execute(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    List<Received> received() {
        return received;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                connections.execute(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream input = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 * 1024));
            for (Received request = read(input); request != null; request = read(input)) {
                received.add(request);
                Reply reply = answer.apply(request);
                if (reply.status() == 0) {
                    input.readAllBytes();
                    return;
                }
                socket.getOutputStream().write(bytes(request, reply));
            }
        } catch (IOException e) {
            // The peer was killed or closed its connection: nothing to answer any more.
            sockets.remove(socket);
        }
    }

    private static @Nullable Received read(DataInputStream input) throws IOException {
        String requestLine = line(input);
        if (requestLine == null) {
            return null;
        }
        String[] parts = requestLine.split(" ", 3);
        List<String> fields = new ArrayList<>();
        String field = line(input);
        while (field != null && !field.isEmpty()) {
            fields.add(field);
            field = line(input);
        }
        Received head = new Received(parts[0], parts[1], fields, new byte[0]);
        String length = head.header("Content-Length");
        byte[] body = length == null ? new byte[0] : input.readNBytes(Integer.parseInt(length));
        if ("chunked".equalsIgnoreCase(head.header("Transfer-Encoding"))) {
            throw new IOException("the dispatcher knows each body's length, and must say it");
        }
        return new Received(parts[0], parts[1], fields, body);
    }

    private static byte[] bytes(Received request, Reply reply) throws IOException {
        byte[] body = reply.body() == null ? new byte[0] : reply.body();
        StringBuilder head = new StringBuilder("HTTP/1.1 " + reply.status() + " Any\r\n");
        reply.fields().forEach(field -> head.append(field).append("\r\n"));
        boolean saysLength = reply.fields().stream()
                .anyMatch(field -> field.toLowerCase(Locale.ROOT).startsWith("content-length:"));
        boolean withoutBody = request.method().equals("HEAD") || reply.status() == 204 || reply.status() == 304;
        if (!saysLength && !withoutBody) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        head.append("\r\n");
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        if (!withoutBody) {
            all.write(body);
        }
        return all.toByteArray();
    }

    private static @Nullable String line(DataInputStream input) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            for (int b = input.readUnsignedByte(); b != '\n'; b = input.readUnsignedByte()) {
                line.write(b);
            }
        } catch (EOFException e) {
            return null;
        }
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        connections.shutdownNow();
    }
}
