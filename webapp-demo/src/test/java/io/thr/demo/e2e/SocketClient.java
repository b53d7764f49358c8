package io.thr.demo.e2e;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** A client on a raw socket, which sends and reads what the test likes, when it likes. */
final class SocketClient implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    /** Connects to the front on that port. */
    SocketClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
    }

    SocketClient send(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        return this;
    }

    SocketClient get() throws IOException {
        return send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    InputStream in() {
        return in;
    }

    OutputStream out() {
        return out;
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

    /** Waits for so long for what is to come. */
    SocketClient patient(int millis) throws IOException {
        socket.setSoTimeout(millis);
        return this;
    }

    /** The last bytes that come until the connection ends, in whatever way. */
    String endOfAll(int length) throws IOException {
        StringBuilder end = new StringBuilder();
        try {
            for (int c = in.read(); c >= 0; c = in.read()) {
                end.append((char) c);
                if (end.length() > length) {
                    end.deleteCharAt(0);
                }
            }
        } catch (SocketException e) {
            // reset, which is an end as well
        }
        return end.toString();
    }

    /** How many bytes come until the connection ends, in whatever way. */
    long readToItsEnd() throws IOException {
        byte[] buffer = new byte[64 * 1024];
        long read = 0;
        try {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                read += n;
            }
        } catch (SocketException e) {
            // reset, which is an end as well
        }
        return read;
    }

    /** Leaves in the way that the other side cannot take for an end: its connection is reset when this is closed. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
