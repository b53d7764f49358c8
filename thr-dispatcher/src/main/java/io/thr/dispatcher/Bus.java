package io.thr.dispatcher;

import io.thr.core.redis.BodyStore;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisClaims;

/**
 * One Redis and this member's place in it.
 *
 * @param address host and port, or the path of its socket
 */
record Bus(Redis redis, RedisClaims claims, BodyStore bodies, Lease lease, String address) {}
