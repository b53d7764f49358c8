package io.thr.core.redis;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;

/**
 * Where a filter node awaits its responses, over one blocking connection whatever their number. It reconnects by itself.
 * Threads may share it; the listener is called on the inbox's own thread.
 */
public interface ResponseInbox extends AutoCloseable {

    /** All requests of the node share one key, of 128 random bits. Every message is delivered at least once. */
    static ResponseInbox shared(Redis redis, RedisKeys keys, String node, ResponseListener listener) {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        String key = RedisKeys.response(HexFormat.of().formatHex(random));
        String frames = keys.frames("x");
        String body = keys.body("x");
        SharedInbox.Rights rights = new SharedInbox.Rights(
                "a filter node",
                List.of(
                        Command.of("LPUSH", frames, "x"),
                        Command.of("EXPIRE", frames, 1),
                        Command.of("SET", body, "x"),
                        Command.of("GETDEL", body),
                        Command.of("DEL", body)));
        return new SharedInbox(redis, keys.node(node), key, rights, listener).start();
    }

    /** Each request has a key of its own, as with the original. Every message is delivered at most once. */
    static ResponseInbox perRequest(Redis redis, RedisKeys keys, String node, ResponseListener listener) {
        return new PerRequestInbox(redis, keys, node, listener).start();
    }

    /** The key to write into that request; from now on it is listened to. */
    String open(String requestId);

    /** The request has ended: no longer listens to its key where it is its own. */
    void forget(String requestId);

    /** Stops listening. What comes in later expires in Redis. */
    @Override
    void close();
}
