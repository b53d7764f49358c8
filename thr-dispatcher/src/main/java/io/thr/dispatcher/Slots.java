package io.thr.dispatcher;

import java.util.concurrent.Semaphore;

/** How many more requests of one entry may go to the upstream now. Shared by its intakes and by all who end requests. */
final class Slots {

    private final int total;
    private final Semaphore free;

    Slots(int total) {
        this.total = total;
        this.free = new Semaphore(total);
    }

    /** Waits for one free slot, then takes as many as there are, up to {@code most}. */
    int acquireUpTo(int most) {
        free.acquireUninterruptibly();
        int more = Math.min(most - 1, free.availablePermits());
        return more > 0 && free.tryAcquire(more) ? 1 + more : 1;
    }

    void release(int slots) {
        if (slots > 0) {
            free.release(slots);
        }
    }

    /** Lets everyone who waits go on, for good: the dispatcher stops. */
    void open() {
        free.release(total);
    }
}
