package io.thr.benchmark.rate;

/** Those who ask, each for one decision after the other. */
interface Callers {

    /** Asks until {@code deadline} (by {@link System#nanoTime}) and until all keys were asked for, and waits for the last. */
    void run(long deadline) throws InterruptedException;
}
