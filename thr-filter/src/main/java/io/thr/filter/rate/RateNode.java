package io.thr.filter.rate;

import io.thr.core.rate.LocalRateLimiter;
import io.thr.core.redis.Connecting;
import io.thr.core.redis.LiveRateQuotas;
import io.thr.core.redis.RateNodes;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisRateLimiter;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.RateLimit;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a node needs to decide rate policies, whatever policies its rules have at the moment: the connections, and what is
 * counted here. So what has been counted outlives a change of the rules. Threads may share it.
 */
public final class RateNode implements AutoCloseable {

    private final String node;
    private final Connecting<Connected> connecting;
    private final RateCounts counts = new RateCounts();
    private final LocalRateLimiter local;
    // guarded by this
    private Duration longestDelay = Duration.ZERO;
    private boolean mayDecideLocally;
    private @Nullable Connected latest;

    /** What there is once there is a Redis. */
    private final class Connected implements AutoCloseable {

        private final RedisRateLimiter limiter;
        private final LiveRateQuotas quotas;
        private volatile @Nullable RateNodes nodes;

        Connected(RedisRateLimiter limiter) {
            this.limiter = limiter;
            this.quotas = limiter.quotas();
        }

        synchronized void join() {
            if (nodes == null) {
                nodes = limiter.join(node);
            }
        }

        @Override
        public synchronized void close() {
            quotas.close();
            RateNodes joined = nodes;
            if (joined != null) {
                joined.close();
            }
            limiter.close();
        }
    }

    /**
     * Connects, now or where there is no Redis yet later.
     *
     * @param url where the bus is
     * @param node the name of this node, no other's
     * @param now whether the first attempt is made before this returns
     */
    public RateNode(FilterSettings settings, RedisUrl url, String node, boolean now) {
        this.node = node;
        Clock clock = Clock.systemUTC();
        local = new LocalRateLimiter(() -> micros(clock.instant()), this::nodes, Duration.ZERO);
        String what = "rate policies";
        connecting = now
                ? Connecting.now(url, what, () -> connect(settings, url))
                : Connecting.later(url, what, () -> connect(settings, url));
        expect(settings);
    }

    private Connected connect(FilterSettings settings, RedisUrl url) {
        Connected made = new Connected(RedisRateLimiter.connect(
                url, new RedisKeys(settings.bus()), "thr-rate-" + node, Duration.ZERO, settings.rateLimitTimeout()));
        synchronized (this) {
            latest = made;
            tell(made);
        }
        return made;
    }

    private static long micros(Instant instant) {
        return instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1000;
    }

    private int nodes() {
        Connected now = connecting.connected();
        RateNodes joined = now == null ? null : now.nodes;
        return joined == null ? 1 : joined.count();
    }

    /** Gets ready for the policies of settings that are about to be in force. */
    synchronized void expect(FilterSettings settings) {
        for (RateLimit limit : settings.rules().rateLimits()) {
            Duration delay = limit.policy().maxDelay();
            longestDelay = delay.compareTo(longestDelay) > 0 ? delay : longestDelay;
        }
        mayDecideLocally |= settings.onRedisFailure() == OnRedisFailure.LOCAL
                || settings.rules().mayDecideLocally();
        counts.expect(settings.rules().rateLimits());
        local.mayDelayFor(longestDelay);
        Connected made = latest;
        if (made != null) {
            tell(made);
        }
    }

    // under this
    private void tell(Connected made) {
        made.limiter.mayDelayFor(longestDelay);
        if (mayDecideLocally) {
            made.join();
        }
    }

    /** What decides for all nodes; null where it has not been connected yet. */
    @Nullable
    RedisRateLimiter limiter() {
        Connected now = connecting.connected();
        return now == null ? null : now.limiter;
    }

    /** The quotas that are set on the bus; null where it has not been connected yet. */
    @Nullable
    LiveRateQuotas quotas() {
        Connected now = connecting.connected();
        return now == null ? null : now.quotas;
    }

    /** Why there is nothing connected. */
    RedisUnavailableException reason() {
        return connecting.reason();
    }

    /** What decides for this node alone. */
    LocalRateLimiter local() {
        return local;
    }

    /** How often each policy has said what, on this node. */
    public RateCounts counts() {
        return counts;
    }

    @Override
    public void close() {
        connecting.close();
    }
}
