package io.thr.benchmark.rate;

import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.distributed.AsyncBucketProxy;
import io.github.bucket4j.distributed.BucketProxy;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.proxy.AsyncProxyManager;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import io.github.bucket4j.distributed.proxy.optimization.Optimization;
import io.github.bucket4j.distributed.proxy.optimization.Optimizations;
import io.github.bucket4j.distributed.serialization.Mapper;
import io.github.bucket4j.redis.jedis.Bucket4jJedis;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bucket4j, on a Jedis pool and on Lettuce's one connection. The proxies of the buckets are kept, since batching puts
 * together what is asked of the same proxy, and a new one each time costs the others a little.
 */
final class Bucket4jPeer {

    private static final ExpirationAfterWriteStrategy EXPIRY =
            ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(Duration.ofSeconds(10));

    private Bucket4jPeer() {}

    static Decider jedis(Workload workload) {
        return jedis(workload, Optimization.NONE_OPTIMIZED);
    }

    static Decider jedisBatching(Workload workload) {
        return jedis(workload, Optimizations.batching());
    }

    static Decider lettuce(Workload workload) {
        return lettuce(workload, Optimization.NONE_OPTIMIZED);
    }

    static Decider lettuceBatching(Workload workload) {
        return lettuce(workload, Optimizations.batching());
    }

    static Decider lettuceAsync(Workload workload) {
        return lettuceAsync(workload, Optimization.NONE_OPTIMIZED);
    }

    static Decider lettuceBatchingAsync(Workload workload) {
        return lettuceAsync(workload, Optimizations.batching());
    }

    private static Decider jedis(Workload workload, Optimization optimization) {
        redis.clients.jedis.RedisClient client = JedisPool.open(workload);
        ProxyManager<String> buckets = Bucket4jJedis.casBasedBuilder(client)
                .expirationAfterWrite(EXPIRY)
                .keyMapper(Mapper.STRING)
                .build();
        return blocking(buckets, workload, optimization, client::close);
    }

    private static Decider lettuce(Workload workload, Optimization optimization) {
        RedisClient client = RedisClient.create(workload.redis().toString());
        return blocking(buckets(client), workload, optimization, client::shutdown);
    }

    private static Decider lettuceAsync(Workload workload, Optimization optimization) {
        RedisClient client = RedisClient.create(workload.redis().toString());
        AsyncProxyManager<String> buckets = buckets(client).asAsync();
        CompletableFuture<BucketConfiguration> configuration =
                CompletableFuture.completedFuture(configuration(workload.quota()));
        Map<String, AsyncBucketProxy> kept = new ConcurrentHashMap<>();
        return new Decider.Async(
                key -> kept.computeIfAbsent(
                                key,
                                name -> buckets.builder()
                                        .withOptimization(optimization)
                                        .build(name, () -> configuration))
                        .tryConsume(1),
                client::shutdown);
    }

    private static ProxyManager<String> buckets(RedisClient client) {
        return Bucket4jLettuce.casBasedBuilder(client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)))
                .expirationAfterWrite(EXPIRY)
                .build();
    }

    private static Decider blocking(
            ProxyManager<String> buckets, Workload workload, Optimization optimization, Runnable end) {
        BucketConfiguration configuration = configuration(workload.quota());
        Map<String, BucketProxy> kept = new ConcurrentHashMap<>();
        return new Decider.Blocking(
                key -> kept.computeIfAbsent(
                                key,
                                name -> buckets.builder()
                                        .withOptimization(optimization)
                                        .build(name, () -> configuration))
                        .tryConsume(1),
                end);
    }

    private static BucketConfiguration configuration(Quota quota) {
        return BucketConfiguration.builder()
                .addLimit(limit -> limit.capacity(quota.burst()).refillGreedy(quota.tokens(), Quota.WINDOW))
                .build();
    }
}
