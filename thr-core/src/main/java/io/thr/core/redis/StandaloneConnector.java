package io.thr.core.redis;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/** Connects to the one server that the URL names. */
final class StandaloneConnector implements Connector {

    private final RedisUrl url;
    private final JedisClientConfig config;
    private final Duration timeout;
    private final ScheduledExecutorService timer;

    StandaloneConnector(RedisUrl url, String clientName, Duration timeout, ScheduledExecutorService timer) {
        this.url = url;
        this.timeout = timeout;
        this.timer = timer;
        // CLIENT SETNAME takes no spaces
        this.config = Login.of(url).named(clientName.replaceAll("[^!-~]", "-"));
    }

    @Override
    public RedisUrl url() {
        return url;
    }

    @Override
    public LaneConnection open() {
        RedisSocket socket;
        try {
            socket = RedisSocket.open(url.place(), timeout);
        } catch (IOException e) {
            throw RedisErrors.unreachable(url, e);
        }
        // a server that takes the connection and says nothing must not hold us
        AtomicBoolean late = new AtomicBoolean();
        Runnable giveUp = () -> {
            late.set(true);
            socket.abort();
        };
        Future<?> guard;
        try {
            guard = timer.schedule(giveUp, timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            socket.abort();
            throw new RedisUnavailableException(url + ": closed", false, e);
        }
        try {
            return letIn(socket);
        } catch (JedisException | IOException e) {
            socket.abort();
            if (late.get()) {
                throw RedisErrors.unreachable(url, new IOException("no reply within " + timeout.toMillis() + " ms"));
            }
            throw RedisErrors.unreachable(url, e);
        } finally {
            guard.cancel(false);
        }
    }

    private LaneConnection letIn(RedisSocket socket) throws IOException {
        LaneConnection connection = new LaneConnection(socket, config);
        // while it reads its data the server greets us, and answers nothing else
        connection.send(List.of(Command.of("PING")));
        Object reply = connection.read();
        if (reply instanceof JedisDataException error && RedisErrors.notNow(String.valueOf(error.getMessage()))) {
            throw new IOException(error.getMessage());
        }
        if (reply instanceof JedisDataException error) {
            if (!String.valueOf(error.getMessage()).startsWith("NOPERM")) {
                throw error;
            }
        } else if (!ClaimTaker.text(reply).equals("PONG")) {
            throw new IOException("PING is not answered with PONG");
        }
        return connection;
    }
}
