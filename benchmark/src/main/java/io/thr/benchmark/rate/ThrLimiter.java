package io.thr.benchmark.rate;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RateKeys;
import io.thr.core.rate.RatePolicy;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisRateLimiter;
import io.thr.core.redis.RedisUrl;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;

/** THR's own, asked as its filter asks it: the key is made from what the request has, for each decision anew. */
final class ThrLimiter {

    private static final String POLICY = "bench";

    /** Held, since a level is forgotten with its logger. */
    private static final Logger LOG = Logger.getLogger("io.thr.core");

    static {
        LOG.setLevel(Level.WARNING);
    }

    private final RedisRateLimiter limiter;
    private final RateKeys keys = new RateKeys("bench");
    private final RatePolicy policy;

    private ThrLimiter(Workload workload, RatePolicy.Builder policy) {
        this.limiter = RedisRateLimiter.connect(
                RedisUrl.parse(workload.redis().toString()), new RedisKeys("bench"), "benchmark");
        this.policy = policy.maxKeys(1_000_000).build();
    }

    static Decider tokenBucket(Workload workload) {
        return new ThrLimiter(workload, bucket(workload.quota())).blocking();
    }

    static Decider tokenBucketAsync(Workload workload) {
        return new ThrLimiter(workload, bucket(workload.quota())).async();
    }

    static Decider fixedWindow(Workload workload) {
        return new ThrLimiter(workload, window()).blocking();
    }

    static Decider fixedWindowAsync(Workload workload) {
        return new ThrLimiter(workload, window()).async();
    }

    private static RatePolicy.Builder bucket(Quota quota) {
        return RatePolicy.named(POLICY, RateAlgorithm.TOKEN_BUCKET, quota.tokens(), Quota.WINDOW)
                .burst(quota.burst());
    }

    private static RatePolicy.Builder window() {
        return RatePolicy.named(POLICY, RateAlgorithm.FIXED_WINDOW, Quota.UNLIMITED, Quota.WINDOW);
    }

    private Decider blocking() {
        return new Decider.Blocking(key -> decide(key).join(), limiter::close);
    }

    private Decider async() {
        return new Decider.Async(this::decide, limiter::close);
    }

    private CompletableFuture<Boolean> decide(String key) {
        return limiter.decide(List.of(new RateCharge(policy, keys.key(policy, List.of(key)), 1)))
                .thenApply(RateDecision.Granted.class::isInstance);
    }
}
