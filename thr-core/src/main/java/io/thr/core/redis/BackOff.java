package io.thr.core.redis;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** The pauses between attempts to connect: doubling up to the last, each shortened by chance so that nodes spread out. */
final class BackOff {

    private final long firstMillis;
    private final long lastMillis;
    private long nextMillis;

    BackOff(Duration first, Duration last) {
        this.firstMillis = first.toMillis();
        this.lastMillis = last.toMillis();
        this.nextMillis = firstMillis;
    }

    /** The pause to make now, between half and all of it. */
    long nextMillis() {
        long pause = nextMillis;
        nextMillis = Math.min(lastMillis, pause * 2);
        return pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
    }

    /** Begins anew: it worked. */
    void reset() {
        nextMillis = firstMillis;
    }
}
