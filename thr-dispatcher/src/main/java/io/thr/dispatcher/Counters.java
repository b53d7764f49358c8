package io.thr.dispatcher;

import io.thr.core.limit.MaxLimit;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a dispatcher counts for its stats file, whatever the queue; of each queue count {@link RouteMeters}.
 *
 * @param blocks how often a request could not run at once because of a limit, by the limit's name
 * @param elsewhere what has ended of queues that this dispatcher does not serve
 */
record Counters(
        LongAdder requests,
        LongAdder expired,
        LongAdder givenBack,
        LongAdder buried,
        AtomicInteger givingBack,
        AtomicInteger intakes,
        ConcurrentMap<String, LongAdder> blocks,
        RouteMeters elsewhere) {

    Counters() {
        this(
                new LongAdder(),
                new LongAdder(),
                new LongAdder(),
                new LongAdder(),
                new AtomicInteger(),
                new AtomicInteger(),
                new ConcurrentHashMap<>(),
                new RouteMeters());
    }

    /** A request could not run at once because of that counter. */
    void blocked(String counter) {
        blocks.computeIfAbsent(MaxLimit.nameOf(counter), limit -> new LongAdder())
                .increment();
    }

    /** How often a request could not run at once because of that limit. */
    long blocks(String limit) {
        LongAdder count = blocks.get(limit);
        return count == null ? 0 : count.sum();
    }
}
