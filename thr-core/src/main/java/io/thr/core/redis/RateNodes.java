package io.thr.core.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Says on the bus that this node decides by rate policies, and counts those that do: what each may admit alone while Redis is
 * away is its share. The last number counts as long as Redis does not answer. Threads may share it.
 */
public final class RateNodes implements AutoCloseable {

    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final LuaScript RENEW = LuaScript.load("rate_node_renew");

    private final Redis redis;
    private final String key;
    private final String node;
    private final OwnThreads threads = new OwnThreads("thr-rate-nodes");
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, threads);
    private volatile int count = 1;

    RateNodes(Redis redis, RedisKeys keys, String node) {
        this(redis, keys, node, LEASE);
    }

    /** With a lease of that length, which is renewed three times in it. */
    RateNodes(Redis redis, RedisKeys keys, String node, Duration lease) {
        this.redis = redis;
        this.key = keys.rateNodes();
        this.node = node;
        renew(lease);
        long renewalMillis = lease.toMillis() * 3 / 10;
        var unused =
                timer.scheduleWithFixedDelay(() -> renew(lease), renewalMillis, renewalMillis, TimeUnit.MILLISECONDS);
    }

    /** How many there were when Redis answered last; at least 1. */
    public int count() {
        return count;
    }

    private void renew(Duration lease) {
        var unused = redis.call(RENEW, List.of(key), List.of(node, lease.toMillis()), Patience.SHORT, reply -> {
                    count = Math.max(1, Math.toIntExact((Long) reply));
                    return null;
                })
                .exceptionally(failure -> null);
    }

    /** Leaves, where Redis can be told. */
    @Override
    public void close() {
        threads.end(timer);
        renew(Duration.ZERO);
    }
}
