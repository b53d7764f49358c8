package io.thr.demo.e2e;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An upstream on a raw socket whose every byte the test writes, and reads, when it likes. */
final class ScriptedUpstream implements AutoCloseable {

    private final ServerSocket listener;
    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();

    ScriptedUpstream() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::accept, "scripted-upstream");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                calls.add(new Call(listener.accept()));
            } catch (IOException e) {
                // closed, or a connection that went before it was here
            }
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    /** The next connection, its request's head read. */
    Call next() throws IOException, InterruptedException {
        Call call = calls.poll(20, TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("no call came");
        }
        call.readHead();
        return call;
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    /** One connection. */
    static final class Call implements AutoCloseable {

        private final Socket socket;
        private final InputStream in;
        private final OutputStream out;
        private String head = "";

        Call(Socket socket) throws IOException {
            this.socket = socket;
            socket.setTcpNoDelay(true);
            this.in = new BufferedInputStream(socket.getInputStream());
            this.out = socket.getOutputStream();
        }

        private void readHead() throws IOException {
            StringBuilder text = new StringBuilder();
            while (text.indexOf("\r\n\r\n") < 0) {
                int c = in.read();
                if (c < 0) {
                    throw new IOException("the connection ended in the head: " + text);
                }
                text.append((char) c);
            }
            head = text.toString();
        }

        String head() {
            return head;
        }

        InputStream in() {
            return in;
        }

        OutputStream out() {
            return out;
        }

        void write(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        /** A chunk of a chunked body. */
        void chunk(String text) throws IOException {
            write(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
        }

        /** Waits until the other side has closed the connection. */
        void awaitClosed(int millis) throws IOException {
            socket.setSoTimeout(millis);
            try {
                while (in.read() >= 0) {
                    // what it still sends
                }
            } catch (java.net.SocketException e) {
                // reset, which is closed as well
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
