package io.thr.core.redis;

/** Where a filter node awaits its responses, over one blocking connection whatever their number. */
public interface ResponseInbox extends AutoCloseable {

    /** All requests of the node share one key. */
    static ResponseInbox shared(Redis redis, RedisKeys keys, String node, ResponseListener listener) {
        throw new IllegalStateException("to be written");
    }

    /** Each request has a key of its own, as with the original. */
    static ResponseInbox perRequest(Redis redis, RedisKeys keys, String node, ResponseListener listener) {
        throw new IllegalStateException("to be written");
    }

    /** The key to write into that request; from now on it is listened to. */
    String open(String requestId);

    /** The request has ended: no longer listens to its key where it is its own. */
    void forget(String requestId);

    @Override
    void close();
}
