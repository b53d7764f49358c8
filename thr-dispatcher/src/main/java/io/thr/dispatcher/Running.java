package io.thr.dispatcher;

import io.thr.core.message.RequestMessage;
import io.thr.core.redis.RequestCancel;
import io.thr.core.schedule.Claim;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The executions that this member is at, each under the id of its request. Threads may share it. */
final class Running {

    private final ConcurrentMap<String, Execution> executions = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();

    /**
     * Notes that it runs.
     *
     * @return the execution of the very same request that runs already, or null where there is none and this one counts
     */
    @Nullable
    Execution enter(Execution execution) {
        return executions.putIfAbsent(key(execution), execution);
    }

    /** Whether that claim, under that owner, runs. */
    boolean isAt(Claim claim) {
        return executions.values().stream().anyMatch(execution -> execution.isOf(claim));
    }

    void leave(Execution execution) {
        executions.remove(key(execution), execution);
        if (executions.isEmpty()) {
            lock.lock();
            try {
                idle.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    int size() {
        return executions.size();
    }

    Collection<Execution> all() {
        return executions.values();
    }

    /** Waits until nothing runs; false where the time was over before that. */
    boolean awaitNone(Duration most) throws InterruptedException {
        long nanos = most.toNanos();
        lock.lock();
        try {
            while (!executions.isEmpty()) {
                if (nanos <= 0) {
                    return false;
                }
                nanos = idle.awaitNanos(nanos);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the calls of that bus, as its lease is lost or may be: nobody knows whose their claims are. */
    void abortAll(Bus bus) {
        executions.values().stream()
                .filter(execution -> execution.bus().equals(bus))
                .forEach(execution -> execution.abort(Execution.Abort.LEASE));
    }

    /** Ends the call of that claim, if it runs: its client has left. */
    void abort(Bus bus, String claimId) {
        executions.values().stream()
                .filter(execution -> execution.claim().id().equals(claimId)
                        && execution.bus().equals(bus))
                .forEach(execution -> execution.abort(Execution.Abort.CLIENT_LEFT));
    }

    /** How a request is known beyond its claim. */
    static String nameOf(RequestMessage message) {
        return RequestCancel.requestName(
                message.extra().requestId(), message.extra().responseKey());
    }

    private static String key(Execution execution) {
        return nameOf(execution.message());
    }
}
