package io.thr.admin.metrics;

import io.thr.core.redis.LaneFigures;
import java.util.List;

/** What a program has to say of its connections to a Redis. */
public final class RedisSamples {

    private RedisSamples() {}

    /**
     * Adds them.
     *
     * @param redis the server's address, without a password
     */
    public static void add(Samples samples, String redis, boolean up, List<LaneFigures> lanes) {
        samples.gauge("thr_redis_up", "Whether Redis can be reached, as far as is known.", up ? 1 : 0, "redis", redis);
        for (LaneFigures lane : lanes) {
            String[] labels = {"redis", redis, "lane", lane.name()};
            samples.counter("thr_redis_calls", "Calls of Redis.", lane.calls(), labels);
            samples.counter("thr_redis_failures", "Calls of Redis that ended without a reply.", lane.failed(), labels);
            samples.counter(
                    "thr_redis_reconnects",
                    "Connections to Redis that were opened in the place of lost ones.",
                    lane.reconnects(),
                    labels);
            samples.gauge("thr_redis_pending", "Commands that wait to be sent.", lane.pending(), labels);
            samples.gauge(
                    "thr_redis_pending_bytes", "Bytes of commands that wait to be sent.", lane.pendingBytes(), labels);
            samples.times("thr_redis_call_seconds", "From making a call of Redis to its reply.", lane.times(), labels);
        }
    }
}
