package io.thr.filter.suspend;

import java.util.concurrent.atomic.AtomicLong;

/** The cap on the bytes of all bodies that wait on this node. Threads may share it. */
final class BodyBudget {

    private final long maxBytes;
    private final AtomicLong reserved = new AtomicLong();

    BodyBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Takes that many bytes, or none of them and says false. */
    boolean reserve(long bytes) {
        if (reserved.addAndGet(bytes) <= maxBytes) {
            return true;
        }
        reserved.addAndGet(-bytes);
        return false;
    }

    void release(long bytes) {
        reserved.addAndGet(-bytes);
    }

    long reserved() {
        return reserved.get();
    }
}
