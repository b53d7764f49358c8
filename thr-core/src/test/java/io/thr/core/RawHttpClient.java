package io.thr.core;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An HTTP/1.1 client that sends exactly the bytes it is given and shows exactly the bytes it gets. */
public final class RawHttpClient implements AutoCloseable {

    private final Socket socket;
    private final DataInputStream input;

    /** A response as it stood on the wire. */
    public record Response(int status, List<String> fields, byte[] body) {

        public @Nullable String header(String name) {
            String prefix = name.toLowerCase(Locale.ROOT) + ":";
            return fields.stream()
                    .filter(field -> field.toLowerCase(Locale.ROOT).startsWith(prefix))
                    .map(field -> field.substring(prefix.length()).strip())
                    .findFirst()
                    .orElse(null);
        }

        public List<String> headers(String name) {
            String prefix = name.toLowerCase(Locale.ROOT) + ":";
            return fields.stream()
                    .filter(field -> field.toLowerCase(Locale.ROOT).startsWith(prefix))
                    .map(field -> field.substring(prefix.length()).strip())
                    .toList();
        }

        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    public RawHttpClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(60_000);
        input = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream(), 64 * 1024));
    }

    /** One exchange on a connection of its own. */
    public static Response exchange(int port, String request) throws IOException {
        return exchange(port, request.getBytes(StandardCharsets.ISO_8859_1));
    }

    public static Response exchange(int port, byte[] request) throws IOException {
        try (RawHttpClient http = new RawHttpClient(port)) {
            http.send(request);
            return http.receive(new String(request, 0, 5, StandardCharsets.ISO_8859_1).startsWith("HEAD "));
        }
    }

    public static Response get(int port, String target) throws IOException {
        return exchange(port, "GET " + target + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
    }

    public static byte[] post(String target, byte[] body) {
        byte[] head = ("POST " + target + " HTTP/1.1\r\nHost: a.example\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = java.util.Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }

    public void send(String bytes) throws IOException {
        send(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    public void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** Waits until a response begins; false where the connection ends instead. */
    public boolean begins() throws IOException {
        input.mark(1);
        try {
            if (input.read() < 0) {
                return false;
            }
        } catch (SocketException e) {
            // reset, which says the same
            return false;
        }
        input.reset();
        return true;
    }

    public Response receive(boolean head) throws IOException {
        String statusLine = line();
        int status = Integer.parseInt(statusLine.substring(9, 12));
        List<String> fields = new ArrayList<>();
        for (String field = line(); !field.isEmpty(); field = line()) {
            fields.add(field);
        }
        if (status < 200) {
            // an interim response, such as 100 Continue: the final one follows
            return receive(head);
        }
        Response response = new Response(status, fields, new byte[0]);
        boolean without = head || status == 204 || status == 304;
        return without ? response : new Response(status, fields, body(response));
    }

    private byte[] body(Response response) throws IOException {
        if ("chunked".equalsIgnoreCase(response.header("Transfer-Encoding"))) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
                body.write(input.readNBytes(size));
                line();
            }
            line();
            return body.toByteArray();
        }
        String length = response.header("Content-Length");
        return length == null ? input.readAllBytes() : input.readNBytes(Integer.parseInt(length));
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = input.readUnsignedByte(); b != '\n'; b = input.readUnsignedByte()) {
            line.write(b);
        }
        return line.toString(StandardCharsets.ISO_8859_1).strip();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
