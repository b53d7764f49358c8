package io.thr.core.redis;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** How many tickets wait on the bus, as of the last reply that told; lets readers of queues wait until there is room for more. */
final class WaitingRoom {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // guarded by lock
    private long waiting;

    /** A reply said so. */
    void heard(long waiting) {
        lock.lock();
        try {
            this.waiting = waiting;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The server said that it is full: waits until it is heard of that it is not, for so long at most, as others may make room. */
    void awaitLessThan(long max, Duration most) {
        lock.lock();
        try {
            waiting = Math.max(waiting, max);
            long left = most.toNanos();
            while (waiting >= max && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }
}
