package io.thr.core.redis;

import io.thr.core.log.StormLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Tells a listener that is not trusted to be without fault: one that throws is logged, and does not end the thread. */
final class Deliveries {

    private static final Logger LOG = System.getLogger(Deliveries.class.getName());
    private static final StormLog UNDELIVERED = StormLog.of(LOG);

    private Deliveries() {}

    /** A message came in. */
    static void deliver(ResponseListener listener, String key, byte[] message) {
        try {
            listener.onResponse(key, message);
        } catch (RuntimeException e) {
            UNDELIVERED.log(Level.ERROR, "a response on " + key + " could not be delivered", e);
        }
    }

    /** The server has lost its data. */
    static void dataLost(ResponseListener listener, RedisUrl server) {
        LOG.log(Level.WARNING, "redis {0}: has lost its data, and what was queued there", server);
        try {
            listener.onDataLost();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "the loss of data could not be told", e);
        }
    }
}
