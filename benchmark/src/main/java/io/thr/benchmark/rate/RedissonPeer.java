package io.thr.benchmark.rate;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.redisson.Redisson;
import org.redisson.api.RRateLimiter;
import org.redisson.api.RateType;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** Redisson's RRateLimiter, with the pool of 64 connections and the threads it has by default. */
final class RedissonPeer {

    /** Held, since a level is forgotten with its logger. */
    private static final Logger LOG = Logger.getLogger("org.redisson");

    static {
        LOG.setLevel(Level.WARNING);
    }

    private RedissonPeer() {}

    static Decider blocking(Workload workload) {
        RedissonClient client = connect(workload);
        Map<String, RRateLimiter> kept = limiters(client, workload);
        return new Decider.Blocking(
                key -> kept.computeIfAbsent(key, client::getRateLimiter).tryAcquire(), client::shutdown);
    }

    static Decider async(Workload workload) {
        RedissonClient client = connect(workload);
        Map<String, RRateLimiter> kept = limiters(client, workload);
        return new Decider.Async(
                key -> kept.computeIfAbsent(key, client::getRateLimiter)
                        .tryAcquireAsync()
                        .toCompletableFuture(),
                client::shutdown);
    }

    private static RedissonClient connect(Workload workload) {
        Config config = new Config();
        config.useSingleServer().setAddress(workload.redis().toString());
        return Redisson.create(config);
    }

    /** Each must be told its rate, in Redis, before it is asked. */
    private static Map<String, RRateLimiter> limiters(RedissonClient client, Workload workload) {
        Map<String, RRateLimiter> limiters = new ConcurrentHashMap<>();
        workload.keys().forEach(key -> limiters.put(key, client.getRateLimiter(key)));
        CompletableFuture<?>[] told = limiters.values().stream()
                .map(limiter -> limiter.trySetRateAsync(RateType.OVERALL, Quota.UNLIMITED, Quota.WINDOW)
                        .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(told).join();
        return limiters;
    }
}
