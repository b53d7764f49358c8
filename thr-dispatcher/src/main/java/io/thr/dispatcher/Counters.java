package io.thr.dispatcher;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a dispatcher counts for its stats file.
 *
 * @param blocks how often a request could not run at once because of a limit, by the limit's name
 */
record Counters(
        LongAdder requests,
        LongAdder expired,
        LongAdder givenBack,
        LongAdder buried,
        AtomicInteger givingBack,
        AtomicInteger intakes,
        ConcurrentMap<String, LongAdder> blocks) {

    private static final String VALUE = "==";

    Counters() {
        this(
                new LongAdder(),
                new LongAdder(),
                new LongAdder(),
                new LongAdder(),
                new AtomicInteger(),
                new AtomicInteger(),
                new ConcurrentHashMap<>());
    }

    /** A request could not run at once because of that counter. */
    void blocked(String counter) {
        blocks.computeIfAbsent(limitOf(counter), limit -> new LongAdder()).increment();
    }

    /** How often a request could not run at once because of that limit. */
    long blocks(String limit) {
        LongAdder count = blocks.get(limit);
        return count == null ? 0 : count.sum();
    }

    /** The name of the limit that a counter belongs to: the counter's own, or what stands before its value. */
    static String limitOf(String counter) {
        int value = counter.indexOf(VALUE);
        return value < 0 ? counter : counter.substring(0, value);
    }
}
