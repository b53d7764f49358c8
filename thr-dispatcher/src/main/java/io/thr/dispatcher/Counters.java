package io.thr.dispatcher;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What a dispatcher counts for its stats file. */
record Counters(
        LongAdder requests,
        LongAdder expired,
        LongAdder givenBack,
        LongAdder buried,
        AtomicInteger givingBack,
        AtomicInteger intakes) {

    Counters() {
        this(
                new LongAdder(),
                new LongAdder(),
                new LongAdder(),
                new LongAdder(),
                new AtomicInteger(),
                new AtomicInteger());
    }
}
