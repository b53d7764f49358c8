package io.thr.core.redis;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/** Puts what goes wrong with a server into words that name it and say what to do. */
final class RedisErrors {

    private RedisErrors() {}

    /** What an error reply means: that the server cannot be used now, or that it refuses this command. */
    static RuntimeException replied(RedisUrl server, String step, JedisDataException error) {
        String said = String.valueOf(error.getMessage());
        String message = server + ": " + step + ": " + said;
        if (notNow(said)) {
            return new RedisUnavailableException(message, false, error);
        }
        return new RedisException(kind(said), message, error);
    }

    /** Errors that pass: the server reads its data, has no master, or is held up by a script. Nothing was done. */
    static boolean notNow(String said) {
        return said.startsWith("LOADING")
                || said.startsWith("MASTERDOWN")
                || said.startsWith("CLUSTERDOWN")
                || said.startsWith("TRYAGAIN")
                || said.startsWith("BUSY ");
    }

    // within a script, Redis 6.2 puts "ERR Error running script (…): " before the error itself
    private static RedisException.Kind kind(String said) {
        if (said.contains("OOM command not allowed")) {
            return RedisException.Kind.OUT_OF_MEMORY;
        }
        if (said.startsWith("NOPERM") || said.startsWith("NOAUTH") || said.contains("ACL failure")) {
            return RedisException.Kind.NO_PERMISSION;
        }
        if (said.contains("WRONGTYPE ")) {
            return RedisException.Kind.WRONG_TYPE;
        }
        if (said.contains("READONLY ") || said.startsWith("MISCONF")) {
            return RedisException.Kind.READ_ONLY;
        }
        return RedisException.Kind.OTHER;
    }

    /** No connection could be made. */
    static RedisUnavailableException unreachable(RedisUrl server, Throwable failure) {
        return new RedisUnavailableException(unreachableText(server, failure), false, failure);
    }

    private static String unreachableText(RedisUrl server, Throwable failure) {
        String at = "cannot reach Redis at " + server.address() + ": ";
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof JedisDataException) {
                return "Redis at " + server.address() + " does not let us in: " + cause.getMessage()
                        + " (check user and password in the URL: " + server + ")";
            }
            if (cause instanceof UnknownHostException) {
                return at + "unknown host (check the URL: " + server + ")";
            }
            if (cause instanceof SSLException) {
                return at + "TLS failed: " + cause.getMessage()
                        + " (the certificate must be in the JVM's trust store, -Djavax.net.ssl.trustStore=…, and name"
                        + " the host; a server without TLS is redis://…)";
            }
            if (cause instanceof ConnectException) {
                return at + "connection refused; is it running? Start it with `redis-server`, or give the URL of"
                        + " another: redis://host:port";
            }
            if (cause instanceof IOException && server.place() instanceof RedisUrl.Unix) {
                return at + cause.getMessage() + " (expected: the socket of a running Redis that we may write to)";
            }
        }
        return at + said(failure) + " (is the host right, the port open, and is it a Redis?)";
    }

    private static String said(Throwable failure) {
        Throwable root = failure;
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            root = cause;
        }
        @Nullable String message = root.getMessage();
        return message == null ? root.getClass().getSimpleName() : message;
    }
}
