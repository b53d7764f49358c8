package io.thr.filter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;

/** A client on a raw socket that sees every byte of what it gets. */
final class Client implements AutoCloseable {

    final Socket socket;
    final InputStream in;

    Client(Container container, String request) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), container.port());
        socket.setSoTimeout(10_000);
        in = socket.getInputStream();
        send(request);
    }

    void send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    }

    String readUntil(String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            int c;
            try {
                c = in.read();
            } catch (SocketTimeoutException e) {
                throw new IOException("nothing more came after: " + text, e);
            }
            if (c < 0) {
                throw new IOException("the end came after: " + text);
            }
            text.append((char) c);
        }
        return text.toString();
    }

    String rest() throws IOException {
        try {
            return new String(in.readAllBytes(), ISO_8859_1);
        } catch (SocketException e) {
            return "reset";
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
