package io.thr.demo.conformance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An upstream that keeps each request as it came, answers with exactly the bytes that a case says, and refuses what is not
 * HTTP, as an origin server must. Threads may share it.
 */
final class Origin implements AutoCloseable {

    /** What is asked for after a case, on its connection: a whole response only where the one before was framed right. */
    static final String PROBE = "/probe";

    private static final int LINGER_MILLIS = 500;
    private static final byte[] PROBED = bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nprobe");

    private final ServerSocket listener = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

    // guarded by this
    private final List<Message> received = new ArrayList<>();
    private byte[] answer = {};
    private boolean closes;

    Origin() throws IOException {
        daemon(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** From now on it answers so, and forgets what it has received. */
    synchronized void play(byte[] newAnswer, boolean thenCloses) {
        received.clear();
        answer = newAnswer;
        closes = thenCloses;
    }

    /** The requests since then. */
    synchronized List<Message> received() {
        return List.copyOf(received);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket connection = listener.accept();
                connection.setTcpNoDelay(true);
                connections.add(connection);
                daemon(() -> serve(connection));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            StrictReader reader = new StrictReader(connection.getInputStream());
            boolean isOpen = true;
            while (isOpen) {
                isOpen = serveOne(connection, reader);
            }
        } catch (IOException gone) {
            // the other side has hung up
        } finally {
            connections.remove(connection);
        }
    }

    /** Whether there may be another. */
    private boolean serveOne(Socket connection, StrictReader reader) throws IOException {
        try {
            Message request = reader.request();
            if (request.target().endsWith(PROBE)) {
                connection.getOutputStream().write(PROBED);
                return !request.isToClose();
            }
            byte[] bytes;
            boolean isLast;
            synchronized (this) {
                received.add(request);
                bytes = answer;
                isLast = closes || request.isToClose();
            }
            connection.getOutputStream().write(bytes);
            return !isLast;
        } catch (NotHttpException notHttp) {
            refuse(connection, notHttp);
            return false;
        }
    }

    /** So that the refusal is read, the connection is closed by the other side first (RFC 9112 §9.6). */
    private static void refuse(Socket connection, NotHttpException notHttp) throws IOException {
        connection
                .getOutputStream()
                .write(bytes(
                        "HTTP/1.1 " + notHttp.status() + " Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        connection.shutdownOutput();
        connection.setSoTimeout(LINGER_MILLIS);
        connection.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "origin");
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
