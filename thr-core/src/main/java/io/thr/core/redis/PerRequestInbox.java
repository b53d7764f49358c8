package io.thr.core.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Each request has a key of its own, as with the original; one connection waits for all of them by BRPOP.
 *
 * <p>A key that is opened while the connection waits for others would not be heard, so every opening leaves a token on a
 * wake key that is always waited for; openings that come together leave one. The race: A opens a key and finds the token
 * still lying, so leaves none; the loop takes the token <i>before</i> it collects the keys, and so collects A's.
 *
 * <p>The original's way costs: BRPOP takes a message before it is delivered, so one is lost when the connection breaks
 * in between (its client then gets 504 in the end), and its price grows with the number of keys.
 */
final class PerRequestInbox implements ResponseInbox, BlockingLoop.Cycle {

    /** How many keys one BRPOP waits for. With more, it looks at one part after the other, briefly. */
    private static final int KEYS_AT_ONCE = 500;

    private static final String BRIEFLY = "0.01";
    private static final int WAKE_EXPIRY_SECONDS = 60;

    private final Redis redis;
    private final String wakeKey;
    private final ResponseListener listener;
    private final NodeMarker marker;
    private final Set<String> open = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean tokenLies = new AtomicBoolean();
    private final BlockingLoop loop;

    // owned by the loop's thread
    private int part;

    PerRequestInbox(Redis redis, RedisKeys keys, String node, ResponseListener listener) {
        this.redis = redis;
        this.wakeKey = keys.wake(node);
        this.listener = listener;
        this.marker = new NodeMarker(redis, keys.node(node));
        this.loop = new BlockingLoop("thr-inbox", redis, this);
    }

    /** Begins to listen. */
    PerRequestInbox start() {
        loop.start();
        return this;
    }

    @Override
    public void connected(BlockingConnection connection) {
        connection.warnOfMissingRights(
                "a filter node",
                List.of(
                        Command.of("BRPOP", wakeKey, 1),
                        Command.of("LPUSH", wakeKey, "x"),
                        Command.of("EXPIRE", wakeKey, 1),
                        Command.of("SET", wakeKey, "x"),
                        Command.of("GETDEL", wakeKey),
                        Command.of("DEL", wakeKey)));
        // a token may have been lost with the last connection, taken by a BRPOP whose reply never came
        connection.ask(List.of(Command.of("DEL", wakeKey)));
        tokenLies.set(false);
        if (marker.lost(connection)) {
            Deliveries.dataLost(listener, redis.url());
        }
    }

    @Override
    public void once(BlockingConnection connection) {
        marker.renew(connection);
        List<String> keys = new ArrayList<>(open);
        boolean all = keys.size() <= KEYS_AT_ONCE;
        if (!all) {
            int parts = (keys.size() + KEYS_AT_ONCE - 1) / KEYS_AT_ONCE;
            part = (part + 1) % parts;
            int from = part * KEYS_AT_ONCE;
            keys = keys.subList(from, Math.min(from + KEYS_AT_ONCE, keys.size()));
        }
        List<Object> words = new ArrayList<>(keys.size() + 3);
        words.add("BRPOP");
        words.add(wakeKey);
        words.addAll(keys);
        words.add(all ? Long.toString(BlockingConnection.BLOCK.toSeconds()) : BRIEFLY);
        Object reply = connection.ask(List.of(Command.of(words.toArray()))).get(0);
        if (reply instanceof List<?> popped) {
            String key = ClaimTaker.text(popped.get(0));
            if (key.equals(wakeKey)) {
                tokenLies.set(false);
            } else {
                Deliveries.deliver(listener, key, (byte[]) popped.get(1));
            }
        }
    }

    @Override
    public String open(String requestId) {
        String key = RedisKeys.response(requestId);
        open.add(key);
        if (tokenLies.compareAndSet(false, true)) {
            var unused = redis.call(
                            List.of(
                                    Command.of("LPUSH", wakeKey, "1"),
                                    Command.of("EXPIRE", wakeKey, WAKE_EXPIRY_SECONDS)),
                            Patience.SHORT,
                            replies -> true)
                    .whenComplete((done, failure) -> {
                        if (failure != null) {
                            // not woken now: the next opening tries, or the block ends by itself
                            tokenLies.set(false);
                        }
                    });
        }
        return key;
    }

    @Override
    public void forget(String requestId) {
        open.remove(RedisKeys.response(requestId));
    }

    @Override
    public void close() {
        loop.close();
        marker.remove(wakeKey);
    }
}
