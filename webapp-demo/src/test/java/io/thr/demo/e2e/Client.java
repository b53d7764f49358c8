package io.thr.demo.e2e;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** A client on a raw socket that sees every byte of what it gets. */
final class Client implements AutoCloseable {

    final Socket socket;
    final InputStream in;
    final OutputStream out;

    Client(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
    }

    Client send(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        return this;
    }

    Client get() throws IOException {
        return send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
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

    String readAll() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
