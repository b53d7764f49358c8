package io.thr.core.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Logs once that a server is away, and once that it is back, whatever the number of connections. Thread-safe. */
final class Outage {

    private static final Logger LOG = System.getLogger(Outage.class.getName());

    private final RedisUrl server;
    // guarded by this
    private final Set<Object> without = new HashSet<>();
    private long sinceNanos;

    Outage(RedisUrl server) {
        this.server = server;
    }

    /** Whether a connection is lost now. */
    synchronized boolean isOn() {
        return !without.isEmpty();
    }

    /** That connection has been lost. */
    synchronized void lost(Object who, Throwable cause) {
        if (without.isEmpty()) {
            sinceNanos = System.nanoTime();
            LOG.log(Level.WARNING, "redis {0}: connection lost, reconnecting: {1}", server, cause.getMessage());
        }
        without.add(who);
    }

    /** That connection stands again. */
    synchronized void recovered(Object who) {
        if (without.remove(who) && without.isEmpty()) {
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNanos);
            LOG.log(Level.INFO, "redis {0}: connected again after {1} ms", server, Long.toString(millis));
        }
    }

    /** That connection is not wanted any more. */
    synchronized void forget(Object who) {
        without.remove(who);
    }
}
