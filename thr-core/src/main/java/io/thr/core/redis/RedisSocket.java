package io.thr.core.redis;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * A connected stream to a server, over TCP, TLS or a unix socket, in the shape of the {@link Socket} that Jedis asks
 * for. One thread may read while another writes, and any may {@link #abort}. Reads have no time-out of their own (a unix
 * socket knows none): who reads has a watchdog that aborts.
 */
final class RedisSocket extends Socket {

    /** A batch of replies in few system calls; Jedis' own buffer holds 8 KiB. */
    private static final int READ_BUFFER = 64 * 1024;

    /** What lies below, closed by an abort without waiting for anybody. */
    @FunctionalInterface
    private interface Below {
        void abort() throws IOException;
    }

    private final CountedInput counted;
    private final InputStream in;
    private final OutputStream out;
    private final Below below;
    private volatile boolean closed;

    private RedisSocket(InputStream in, OutputStream out, Below below) {
        this.counted = new CountedInput(in);
        this.in = new BufferedInputStream(counted, READ_BUFFER);
        this.out = out;
        this.below = below;
    }

    /** Connects, within the time-out for each address of the host. */
    static RedisSocket open(RedisUrl.Place place, Duration timeout) throws IOException {
        if (place instanceof RedisUrl.Tcp tcp) {
            return openTcp(tcp, Math.toIntExact(timeout.toMillis()));
        }
        if (place instanceof RedisUrl.Unix unix) {
            return openUnix(unix);
        }
        throw new IllegalArgumentException("redis: " + place.address() + " (expected: a server's address)");
    }

    private static RedisSocket openTcp(RedisUrl.Tcp tcp, int timeoutMillis) throws IOException {
        Socket plain = connect(tcp, timeoutMillis);
        try {
            plain.setTcpNoDelay(true);
            plain.setKeepAlive(true);
            Socket speaking = tcp.tls() ? secure(plain, tcp, timeoutMillis) : plain;
            return new RedisSocket(speaking.getInputStream(), speaking.getOutputStream(), () -> reset(plain));
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    private static Socket connect(RedisUrl.Tcp tcp, int timeoutMillis) throws IOException {
        IOException failure = null;
        for (InetAddress address : InetAddress.getAllByName(tcp.host())) {
            Socket socket = new Socket();
            try {
                socket.connect(new InetSocketAddress(address, tcp.port()), timeoutMillis);
                refuseItself(socket);
                return socket;
            } catch (IOException e) {
                socket.close();
                if (failure != null) {
                    e.addSuppressed(failure);
                }
                failure = e;
            }
        }
        throw failure == null ? new IOException("no address for " + tcp.host()) : failure;
    }

    /**
     * On loopback, connecting to a port of the ephemeral range on which nobody listens can get that very port as its own,
     * and so be connected to itself (TCP's simultaneous open): it would hear its own PING, and keep the port from the
     * server that is to come back.
     */
    private static void refuseItself(Socket socket) throws IOException {
        if (socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress())) {
            throw new ConnectException("Connection refused");
        }
    }

    private static Socket secure(Socket plain, RedisUrl.Tcp tcp, int timeoutMillis) throws IOException {
        SSLSocket secure;
        try {
            secure = (SSLSocket)
                    SSLContext.getDefault().getSocketFactory().createSocket(plain, tcp.host(), tcp.port(), true);
        } catch (NoSuchAlgorithmException e) {
            throw new IOException("no TLS in this JVM", e);
        }
        SSLParameters parameters = secure.getSSLParameters();
        // RFC 9110 §4.3.4: the certificate must name the host
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secure.setSSLParameters(parameters);
        plain.setSoTimeout(timeoutMillis);
        secure.startHandshake();
        plain.setSoTimeout(0);
        return secure;
    }

    private static RedisSocket openUnix(RedisUrl.Unix unix) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(unix.path()));
            return new RedisSocket(new ChannelInput(channel), new ChannelOutput(channel), channel::close);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Lingers for nothing: what our kernel has not sent yet must not reach the server after we gave it up. */
    private static void reset(Socket plain) throws IOException {
        if (!plain.isClosed()) {
            plain.setSoLinger(true, 0);
        }
        plain.close();
    }

    /** How many bytes have come in. */
    long bytesRead() {
        return counted.count;
    }

    /** Ends every read and write at once, whoever is in them. */
    void abort() {
        closed = true;
        try {
            below.abort();
        } catch (IOException e) {
            // closed by the other side, or by another thread: it is what we wanted
            return;
        }
    }

    @Override
    public InputStream getInputStream() {
        return in;
    }

    @Override
    public OutputStream getOutputStream() {
        return out;
    }

    @Override
    public synchronized void close() {
        abort();
    }

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public boolean isBound() {
        return true;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public int getSoTimeout() {
        return 0;
    }

    @Override
    public void setSoTimeout(int timeout) {}

    /** Counts for the watchdogs. Read by one thread. */
    private static final class CountedInput extends FilterInputStream {

        private volatile long count;

        CountedInput(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int one = super.read();
            count(one < 0 ? -1 : 1);
            return one;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            count(read);
            return read;
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread reads
        private void count(int read) {
            if (read > 0) {
                count += read;
            }
        }
    }

    /*
     * Channels.newInputStream and newOutputStream both lock the channel's blockingLock for the time of a call on JDK 17,
     * so that a thread that waits for a reply would keep every other from sending. The channel itself lets one read and
     * another write.
     */
    private static final class ChannelInput extends InputStream {

        private final SocketChannel channel;

        ChannelInput(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            if (read(one, 0, 1) < 0) {
                throw new EOFException();
            }
            return one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return channel.read(ByteBuffer.wrap(bytes, offset, length));
        }
    }

    private static final class ChannelOutput extends OutputStream {

        /** The JDK keeps a direct buffer as large as the largest write, for each thread: not as large as a body. */
        private static final int CHUNK = 128 * 1024;

        private final SocketChannel channel;

        ChannelOutput(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void write(int single) throws IOException {
            write(new byte[] {(byte) single}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            for (int at = 0; at < length; at += CHUNK) {
                ByteBuffer chunk = ByteBuffer.wrap(bytes, offset + at, Math.min(CHUNK, length - at));
                while (chunk.hasRemaining()) {
                    channel.write(chunk);
                }
            }
        }
    }
}
