package io.thr.core.redis;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy on loopback between a client and a server, which can be told to misbehave: to cut, to delay, to swallow,
 * or to refuse. Threads may share it.
 */
public final class FaultyProxy implements Closeable {

    /** What happens to the bytes of one direction. */
    private enum Flow {
        PASS,
        SWALLOW,
        /** The next bytes are thrown away and both connections closed; then it passes again. */
        CUT_ON_NEXT
    }

    private final InetSocketAddress target;
    private final InetSocketAddress address;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicReference<Flow> toServer = new AtomicReference<>(Flow.PASS);
    private final AtomicReference<Flow> toClient = new AtomicReference<>(Flow.PASS);
    private final AtomicInteger accepted = new AtomicInteger();
    private volatile Duration delay = Duration.ZERO;
    private volatile boolean closed;
    private @Nullable ServerSocket listener;

    /** In front of that server, on a free port. */
    public FaultyProxy(String host, int port) {
        target = new InetSocketAddress(host, port);
        ServerSocket first = listen(0);
        address = new InetSocketAddress(InetAddress.getLoopbackAddress(), first.getLocalPort());
    }

    /** In front of that Redis. */
    public static FaultyProxy before(RedisServer server) {
        return new FaultyProxy("127.0.0.1", server.port());
    }

    /** The port to connect to on 127.0.0.1. */
    public int port() {
        return address.getPort();
    }

    /** The URL of a Redis behind it. */
    public RedisUrl url() {
        return RedisUrl.of("127.0.0.1", port());
    }

    /** How many connections it has taken so far. */
    public int accepted() {
        return accepted.get();
    }

    /** Closes all open connections; new ones work. */
    public void cut() {
        links.forEach(Link::close);
    }

    /** The next bytes from the server never arrive: they are thrown away, and their connection is closed. */
    public void cutNextReply() {
        toClient.set(Flow.CUT_ON_NEXT);
    }

    /** The next bytes to the server never arrive: they are thrown away, and their connection is closed. */
    public void cutNextRequest() {
        toServer.set(Flow.CUT_ON_NEXT);
    }

    /** From now on connections stand, and are taken, and nothing comes through either way. */
    public void blackHole() {
        toServer.set(Flow.SWALLOW);
        toClient.set(Flow.SWALLOW);
    }

    /** From now on what the server sends is swallowed, while it still hears everything. */
    public void swallowReplies() {
        toClient.set(Flow.SWALLOW);
    }

    /** From now on every chunk of either direction comes later by that much. */
    public void delay(Duration each) {
        delay = each;
    }

    /** Closes all connections and refuses new ones, until {@link #heal}. */
    public synchronized void refuse() {
        closeListener();
        cut();
    }

    /**
     * Passes everything again, and takes connections again. What went through a black hole stays cut: the bytes that
     * were swallowed are missing.
     */
    public synchronized void heal() {
        if (toServer.get() == Flow.SWALLOW || toClient.get() == Flow.SWALLOW) {
            // before anything passes again: what was on its way into the hole must not come through now
            cut();
        }
        toServer.set(Flow.PASS);
        toClient.set(Flow.PASS);
        delay = Duration.ZERO;
        for (Link link : links) {
            if (link.swallowed) {
                link.close();
            }
        }
        if (listener == null && !closed) {
            listenAgain();
        }
    }

    /** A client that tries to connect while nobody listens can be connected to itself for a moment, and holds the port. */
    private void listenAgain() {
        for (int attempt = 0; ; attempt++) {
            try {
                listen(port());
                return;
            } catch (UncheckedIOException e) {
                if (!(e.getCause() instanceof BindException) || attempt == 200) {
                    throw e;
                }
                LockSupport.parkNanos(5_000_000);
            }
        }
    }

    private synchronized ServerSocket listen(int port) {
        try {
            ServerSocket opened = new ServerSocket();
            opened.setReuseAddress(true);
            opened.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            listener = opened;
            daemon(() -> accept(opened), "proxy-accept");
            return opened;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            Socket client;
            try {
                client = from.accept();
            } catch (IOException e) {
                // closed by refuse() or close()
                return;
            }
            accepted.incrementAndGet();
            connect(client, from);
        }
    }

    private void connect(Socket client, ServerSocket from) {
        Socket server = new Socket();
        try {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            server.connect(target, 2000);
        } catch (IOException e) {
            // the server refuses: the client sees its connection closed
            new Link(client, server).close();
            return;
        }
        Link link = new Link(client, server);
        if (!add(link, from)) {
            link.close();
            return;
        }
        daemon(() -> link.pump(client, server, toServer), "proxy-to-server");
        daemon(() -> link.pump(server, client, toClient), "proxy-to-client");
    }

    /** A connection taken while its listener was being closed comes either before the cut, or here too late. */
    private synchronized boolean add(Link link, ServerSocket from) {
        return listener == from && links.add(link);
    }

    private static void daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private synchronized void closeListener() {
        ServerSocket open = listener;
        listener = null;
        if (open != null) {
            quietly(open);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        closeListener();
        cut();
    }

    private static void quietly(Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            // a socket that cannot be closed is closed
            return;
        }
    }

    private final class Link {

        private final Socket client;
        private final Socket server;
        private volatile boolean swallowed;

        Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void pump(Socket from, Socket to, AtomicReference<Flow> flow) {
            byte[] buffer = new byte[64 * 1024];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                int count;
                while ((count = in.read(buffer)) >= 0) {
                    if (flow.compareAndSet(Flow.CUT_ON_NEXT, Flow.PASS)) {
                        break;
                    }
                    Duration wait = delay;
                    if (!wait.isZero()) {
                        Thread.sleep(wait.toMillis());
                    }
                    if (flow.get() == Flow.PASS) {
                        out.write(buffer, 0, count);
                        continue;
                    }
                    // either heal() sees that bytes are missing here, or this sees that it has passed by
                    swallowed = true;
                    if (flow.get() == Flow.PASS) {
                        break;
                    }
                }
            } catch (IOException e) {
                // one side has closed: so does the other, below
                close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                close();
            }
        }

        void close() {
            links.remove(this);
            quietly(client);
            quietly(server);
        }
    }
}
