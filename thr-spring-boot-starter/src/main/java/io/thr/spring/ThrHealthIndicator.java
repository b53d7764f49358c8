package io.thr.spring;

import io.thr.filter.ThrFilter;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Tells whether the filter can reach Redis and how many exchanges wait. Asks nobody, so that it answers at once whatever
 * Redis does.
 *
 * <p>Without Redis it is {@code UNKNOWN}, and never {@code DOWN}: {@code UNKNOWN} is to be seen and alarmed at under {@code
 * health/thr}, while the whole application stays {@code UP}, with status 200. A load balancer that looks at it would else take
 * out every node at once, as all have the same Redis, and with them what works without it: paths for which no rule wants a
 * queue, and those that {@code on_redis_failure} leaves open. Where it is {@code closed}, the filter has answered 503 for the
 * rest already. To be started anew helps no node either; the filter connects again by itself. An application that wants it
 * otherwise has a {@code HealthIndicator} of its own, as a bean with the name {@code thrHealthIndicator}.
 */
final class ThrHealthIndicator extends AbstractHealthIndicator {

    private final ThrFilter filter;

    ThrHealthIndicator(ThrFilter filter) {
        this.filter = filter;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        boolean connected = filter.isConnected();
        (connected ? builder.up() : builder.unknown())
                .withDetail("redis", connected ? "reachable" : "unreachable")
                .withDetail("suspended", filter.suspended());
    }
}
