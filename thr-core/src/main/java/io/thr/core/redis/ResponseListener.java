package io.thr.core.redis;

/** Hears what comes in on a node's response keys. Called on the inbox's thread, and must not block it. */
public interface ResponseListener {

    /** A message came in on that key. The same message may come twice. */
    void onResponse(String responseKey, byte[] message);

    /** The server lost this node's data (a restart without persistence, a failover): what was queued may be gone. */
    void onDataLost();
}
