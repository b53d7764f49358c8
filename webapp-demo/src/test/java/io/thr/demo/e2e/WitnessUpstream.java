package io.thr.demo.e2e;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An upstream that works as long as a request says and stops when its connection closes. It keeps who was at work at any
 * time: how many executions each request had, and the most that ran at once, in all and of each tenant.
 */
final class WitnessUpstream implements AutoCloseable {

    private static final Pattern TARGET = Pattern.compile("^[A-Z]+ /work\\?id=(\\S+)&ms=(\\d+) ");

    private final ServerSocket listener;
    private final Map<Socket, Boolean> connections = new ConcurrentHashMap<>();

    // guarded by this
    private final Map<String, Integer> executions = new HashMap<>();
    private final Map<String, Integer> now = new HashMap<>();
    private final Map<String, Integer> most = new HashMap<>();
    private long begun;
    private long cut;

    private WitnessUpstream(ServerSocket listener) {
        this.listener = listener;
    }

    static WitnessUpstream start() throws IOException {
        WitnessUpstream upstream = new WitnessUpstream(new ServerSocket(0, 1024, InetAddress.getLoopbackAddress()));
        daemon("witness-accept", upstream::accept);
        return upstream;
    }

    int port() {
        return listener.getLocalPort();
    }

    /** How often the request of that id was begun. */
    synchronized int executions(String id) {
        return executions.getOrDefault(id, 0);
    }

    /** The most that ran at once under that name: {@code all}, or a tenant. */
    synchronized int most(String name) {
        return most.getOrDefault(name, 0);
    }

    /** How many run now. */
    synchronized int now() {
        return now.getOrDefault("all", 0);
    }

    /** How many have been begun, and how many of them lost their connection. */
    synchronized List<Long> begunAndCut() {
        return List.of(begun, cut);
    }

    private synchronized void begin(String id, List<String> names) {
        begun++;
        executions.merge(id, 1, Integer::sum);
        for (String name : names) {
            int running = now.merge(name, 1, Integer::sum);
            most.merge(name, running, Math::max);
        }
    }

    private synchronized void end(List<String> names, boolean isCut) {
        for (String name : names) {
            now.merge(name, -1, Integer::sum);
        }
        if (isCut) {
            cut++;
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket connection = listener.accept();
                connections.put(connection, true);
                daemon("witness", () -> serve(connection));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            connection.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(connection.getInputStream());
            while (true) {
                String head = readHead(in);
                Matcher target = TARGET.matcher(head);
                if (!target.find()) {
                    throw new IllegalStateException(head);
                }
                skipBody(in, head);
                work(connection, in, target.group(1), Integer.parseInt(target.group(2)), field(head, "X-Tenant"));
            }
        } catch (IOException gone) {
            // the dispatcher has hung up
        } finally {
            connections.remove(connection);
        }
    }

    private void work(Socket connection, InputStream in, String id, int millis, @Nullable String tenant)
            throws IOException {
        List<String> names = new ArrayList<>(List.of("all"));
        if (tenant != null) {
            names.add(tenant);
        }
        begin(id, names);
        boolean isCut = true;
        try {
            connection.setSoTimeout(Math.max(1, millis));
            if (in.read() < 0) {
                throw new EOFException();
            }
            throw new IOException("a request before the answer to the last");
        } catch (SocketTimeoutException done) {
            isCut = false;
        } finally {
            end(names, isCut);
        }
        connection.setSoTimeout(0);
        byte[] body = id.getBytes(StandardCharsets.UTF_8);
        connection
                .getOutputStream()
                .write(("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n" + id)
                        .getBytes(StandardCharsets.UTF_8));
    }

    private static @Nullable String field(String head, String name) {
        Matcher field = Pattern.compile("(?im)^" + name + ": *(.*?)\r?$").matcher(head);
        return field.find() ? field.group(1) : null;
    }

    private static String readHead(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException();
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private static void skipBody(InputStream in, String head) throws IOException {
        String length = field(head, "Content-Length");
        if (length != null) {
            in.readNBytes(Integer.parseInt(length));
        }
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket connection : connections.keySet()) {
            connection.close();
        }
    }
}
