package io.thr.core.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Hands messages to a listener that is not trusted to be without fault. */
final class Deliveries {

    private static final Logger LOG = System.getLogger(Deliveries.class.getName());

    private Deliveries() {}

    /** A listener that throws is logged, and keeps neither the thread nor the next message. */
    static void deliver(ResponseListener listener, String key, byte[] message) {
        try {
            listener.onResponse(key, message);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "a response on " + key + " could not be delivered", e);
        }
    }
}
