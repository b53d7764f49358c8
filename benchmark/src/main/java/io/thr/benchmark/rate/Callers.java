package io.thr.benchmark.rate;

/** Those who ask, each for one decision after the other. */
interface Callers {

    /** How long one waits that got nothing: what fails at once would fail a million times otherwise, and never recover. */
    long PAUSE_NANOS = 1_000_000;

    /** Asks until {@code deadline} (by {@link System#nanoTime}) and until all keys were asked for, and waits for the last. */
    void run(long deadline) throws InterruptedException;
}
