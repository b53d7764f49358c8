package io.thr.dispatcher;

import io.thr.core.redis.BodyStore;
import io.thr.core.redis.BusReader;
import io.thr.core.redis.FrameInbox;
import io.thr.core.redis.FrameLists;
import io.thr.core.redis.LiveLimits;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisScheduler;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One Redis and this member's place in it.
 *
 * @param address host and port, or the path of its socket
 * @param waiting how many tickets waited on the bus when it was last heard of
 * @param keys how everything is called there
 * @param reader looks at all of it
 */
record Bus(
        Redis redis,
        RedisScheduler scheduler,
        LiveLimits limits,
        BodyStore bodies,
        FrameLists frameLists,
        FrameInbox frameInbox,
        Lease lease,
        String address,
        AtomicLong waiting,
        RedisKeys keys,
        BusReader reader) {}
