package io.thr.benchmark.rate;

import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.RedisClient;

/** A Jedis client with as many connections as a busy service gives it; its default of 8 would hold it back. */
final class JedisPool {

    private static final int CONNECTIONS = 64;

    private JedisPool() {}

    static RedisClient open(Workload workload) {
        ConnectionPoolConfig pool = new ConnectionPoolConfig();
        pool.setMaxTotal(CONNECTIONS);
        pool.setMaxIdle(CONNECTIONS);
        return RedisClient.builder()
                .hostAndPort(workload.redis().getHost(), workload.redis().getPort())
                .poolConfig(pool)
                .build();
    }
}
