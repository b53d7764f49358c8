package io.thr.dispatcher;

import java.util.concurrent.Semaphore;

/**
 * How many more requests of one entry may go to the upstream now. Shared by all who take requests and all who end them:
 * who has acquired a slot hands it on with a request, or releases it.
 */
final class Slots {

    private final int total;
    private final Semaphore free;

    Slots(int total) {
        this.total = total;
        this.free = new Semaphore(total);
    }

    /** Takes as many as are free now, up to {@code most}; perhaps none. */
    int tryAcquireUpTo(int most) {
        while (true) {
            int slots = Math.min(most, free.availablePermits());
            if (slots <= 0) {
                return 0;
            }
            if (free.tryAcquire(slots)) {
                return slots;
            }
        }
    }

    /** Waits until one is free, and leaves it so: another may be faster. */
    void awaitOne() {
        free.acquireUninterruptibly();
        free.release();
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
