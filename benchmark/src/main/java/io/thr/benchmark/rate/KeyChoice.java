package io.thr.benchmark.rate;

import java.util.List;
import java.util.SplittableRandom;

/** Which keys one caller asks for: first each of its part of them once, so that all exist, then any. Its caller owns it. */
final class KeyChoice {

    private final List<String> keys;
    private final int step;
    private final SplittableRandom random;
    private int next;

    KeyChoice(List<String> keys, int caller, int callers) {
        this.keys = keys;
        this.step = callers;
        this.random = new SplittableRandom(caller);
        this.next = caller;
    }

    /** Whether its part has been asked for. */
    boolean complete() {
        return next >= keys.size();
    }

    String next() {
        if (complete()) {
            return keys.get(random.nextInt(keys.size()));
        }
        String key = keys.get(next);
        next += step;
        return key;
    }
}
