package io.thr.core.redis;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * One connection, on which one thread reads while others write, one after the other. Jedis makes it known to the server
 * and reads the replies; we write ourselves, many commands in one system call.
 */
final class LaneConnection extends Connection {

    private static final int BUFFER = 64 * 1024;

    private final RedisSocket socket;
    private final OutputStream out;
    private volatile @Nullable String givenUp;
    private final ReentrantLock writing = new ReentrantLock();
    // guarded by writing
    private final byte[] buffer = new byte[BUFFER];
    private int filled;
    // written under writing, read by watchdogs
    private volatile long written;

    /** Speaks with the server at once: user, name and database as configured. */
    LaneConnection(RedisSocket socket, JedisClientConfig config) {
        super(() -> socket, config);
        this.socket = socket;
        this.out = socket.getOutputStream();
    }

    /** Writes them in this order, and all that they need to reach the server. */
    void send(List<Command> commands) throws IOException {
        // a writer may still be on its way out of the last write when the reply to it has been read and its follower
        // comes in here: the lock keeps the buffer to one of them
        writing.lock();
        try {
            for (Command command : commands) {
                encode(command);
            }
            flushBuffer();
        } finally {
            filled = 0;
            writing.unlock();
        }
    }

    private void encode(Command command) throws IOException {
        byte[][] parts = command.parts();
        header('*', parts.length);
        for (byte[] part : parts) {
            header('$', part.length);
            if (part.length + 2 > BUFFER - filled) {
                flushBuffer();
            }
            if (part.length + 2 > BUFFER) {
                writeLarge(part);
            } else {
                System.arraycopy(part, 0, buffer, filled, part.length);
                filled += part.length;
            }
            buffer[filled++] = '\r';
            buffer[filled++] = '\n';
        }
    }

    private void header(char kind, int number) throws IOException {
        if (BUFFER - filled < 16) {
            flushBuffer();
        }
        buffer[filled++] = (byte) kind;
        int digits = 1;
        for (int rest = number; rest >= 10; rest /= 10) {
            digits++;
        }
        int rest = number;
        for (int at = filled + digits - 1; at >= filled; at--) {
            buffer[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        filled += digits;
        buffer[filled++] = '\r';
        buffer[filled++] = '\n';
    }

    private void flushBuffer() throws IOException {
        if (filled > 0) {
            out.write(buffer, 0, filled);
            written(filled);
            filled = 0;
        }
    }

    /** Piece by piece, so that the watchdog sees that it goes on. */
    private void writeLarge(byte[] part) throws IOException {
        for (int at = 0; at < part.length; at += BUFFER) {
            int length = Math.min(BUFFER, part.length - at);
            out.write(part, at, length);
            written(length);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under writing
    private void written(int bytes) {
        written += bytes;
    }

    /** How many bytes have gone either way: a watchdog sees by it that something moves. */
    long moved() {
        return socket.bytesRead() + written;
    }

    /**
     * Waits for the next reply: bytes, a Long, a List of these, null, or an error reply as a
     * {@link JedisDataException}, given and not thrown.
     *
     * @throws JedisConnectionException where the connection has ended
     */
    Object read() {
        try {
            return readProtocolWithCheckingBroken();
        } catch (JedisDataException e) {
            return e;
        } catch (JedisConnectionException e) {
            String why = givenUp;
            throw why == null ? e : new JedisConnectionException(why, e);
        }
    }

    /** Ends the connection at once, for a reason that is better to read than that it was closed. */
    void giveUp(String why) {
        givenUp = why;
        abort();
    }

    /** Ends the connection at once, whoever waits on it. */
    void abort() {
        socket.abort();
    }
}
