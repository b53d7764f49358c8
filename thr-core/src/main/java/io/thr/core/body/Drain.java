package io.thr.core.body;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs one step at a time, and once more for whoever asked meanwhile: of several threads that have something to do one
 * does it for all, and no call stands inside another however fast the answers come.
 */
public final class Drain {

    private final AtomicInteger asked = new AtomicInteger();
    private final Runnable step;

    /** Of a step that does all there is to do at the time. */
    public Drain(Runnable step) {
        this.step = step;
    }

    /** Something may be to do. */
    public void run() {
        if (asked.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            step.run();
            seen = asked.addAndGet(-seen);
        } while (seen != 0);
    }
}
