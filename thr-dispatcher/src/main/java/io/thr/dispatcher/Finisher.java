package io.thr.dispatcher;

import io.thr.core.redis.RedisScheduler;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.Ending.LastWord;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Says the last words of one route in Redis and gets the next requests by it. Those that wait together go in one call;
 * where nobody waits, at once. What is said under the name of a lost lease goes in a call of its own. Never blocks; threads may share it.
 *
 * <p>The slots of what has ended are offered with the call, and what else is free: so the next request is here one round
 * trip after the end of another. What the call does not fill is released when it is over.
 *
 * <p>While Redis is out of reach, and while it has no memory, it is tried for as long as the last word is worth it. After
 * that an answer is given up, but the claim is let go of all the same when Redis is back, so that no limit counts it for
 * ever. What Redis refuses is tried alone, so that it spoils nothing else, and then only let go of.
 */
final class Finisher {

    /** Longer than any lease: after that the claims are another's to let go of. */
    static final Duration IN_THE_END = Duration.ofSeconds(60);

    private static final Duration SOON = Duration.ofSeconds(2);
    private static final int MOST_BYTES = 256 * 1024;
    private static final int MOST_CALLS = 2;

    private final Executor afterPause = CompletableFuture.delayedExecutor(250, TimeUnit.MILLISECONDS, Runnable::run);
    private final Route route;
    private final Launcher launcher;
    private final InstantSource clock;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // guarded by lock
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private int calls;
    private int pausing;

    private volatile boolean stopping;

    Finisher(Route route, Launcher launcher, InstantSource clock) {
        this.route = route;
        this.launcher = launcher;
        this.clock = clock;
    }

    /** One last word. */
    private record Waiting(
            Ending ending, long untilMillis, boolean holdsSlot, boolean alone, CompletableFuture<Void> done) {

        int bytes() {
            LastWord word = ending.lastWord();
            if (word instanceof Ending.Answer answer) {
                return answer.response().length;
            }
            if (word instanceof Ending.GiveBack back) {
                return back.message().length;
            }
            return word instanceof Ending.Bury ? ending.claim().message().length : 0;
        }

        boolean isOfOwnerOf(Waiting other) {
            return ending.claim().owner().equals(other.ending.claim().owner());
        }

        Waiting byItself() {
            return new Waiting(ending, untilMillis, holdsSlot, true, done);
        }

        int slots() {
            return holdsSlot ? 1 : 0;
        }
    }

    Route route() {
        return route;
    }

    /** From now on it gets no requests. */
    void stop() {
        stopping = true;
    }

    /**
     * Ends a claim.
     *
     * @param within how long an answer is worth trying
     * @param holdsSlot whether one of the route's slots comes with it
     * @return when Redis has it; fails where it could not be said
     */
    CompletableFuture<Void> end(Ending ending, Duration within, boolean holdsSlot) {
        Waiting one =
                new Waiting(ending, clock.millis() + within.toMillis(), holdsSlot, false, new CompletableFuture<>());
        enqueue(List.of(one));
        return one.done;
    }

    /**
     * Gets requests for slots that the caller has acquired.
     *
     * @return how many were granted; fails where Redis could not be asked
     */
    CompletableFuture<Integer> take(int slots) {
        return scheduler()
                .finish(queues(), List.of(), stopping ? 0 : slots, SOON)
                .handle((scheduled, error) -> {
                    if (error != null) {
                        route.slots().release(slots);
                        throw error instanceof CompletionException wrapped ? wrapped : new CompletionException(error);
                    }
                    route.bus().waiting().set(scheduled.waiting());
                    launcher.launch(this, scheduled.granted(), slots);
                    return scheduled.granted().size();
                });
    }

    /** Waits until all has been said; false where the time was over before that. */
    boolean awaitIdle(Duration most) throws InterruptedException {
        long nanos = most.toNanos();
        lock.lock();
        try {
            while (calls > 0 || pausing > 0 || !waiting.isEmpty()) {
                if (nanos <= 0) {
                    return false;
                }
                nanos = changed.awaitNanos(nanos);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void enqueue(List<Waiting> more) {
        lock.lock();
        try {
            waiting.addAll(more);
        } finally {
            lock.unlock();
        }
        sendWhatWaits();
    }

    private void sendWhatWaits() {
        List<Waiting> batch = nextBatch();
        while (!batch.isEmpty()) {
            send(batch);
            batch = nextBatch();
        }
    }

    private List<Waiting> nextBatch() {
        List<Waiting> batch = new ArrayList<>();
        lock.lock();
        try {
            int bytes = 0;
            while (calls < MOST_CALLS && !waiting.isEmpty() && batch.size() < RedisScheduler.MOST) {
                Waiting next = waiting.element();
                bytes += next.bytes();
                if (!batch.isEmpty() && (next.alone || bytes > MOST_BYTES || !next.isOfOwnerOf(batch.get(0)))) {
                    break;
                }
                batch.add(waiting.remove());
                if (next.alone) {
                    break;
                }
            }
            if (!batch.isEmpty()) {
                calls++;
            }
        } finally {
            lock.unlock();
        }
        return batch;
    }

    private void send(List<Waiting> batch) {
        int slots = batch.stream().mapToInt(Waiting::slots).sum();
        int more = stopping ? 0 : route.slots().tryAcquireUpTo(RedisScheduler.MOST - slots);
        long until = batch.stream().mapToLong(Waiting::untilMillis).max().orElse(0);
        Duration within = Duration.ofMillis(Math.max(until - clock.millis(), SOON.toMillis()));
        List<Ending> endings = batch.stream().map(Waiting::ending).toList();
        var call = When.tried(() -> scheduler().finish(queues(), endings, stopping ? 0 : slots + more, within));
        When.done(call, (scheduled, error) -> {
            try {
                if (error == null) {
                    route.bus().waiting().set(scheduled.waiting());
                    launcher.launch(this, scheduled.granted(), slots + more);
                    batch.forEach(one -> one.done.complete(null));
                } else {
                    route.slots().release(more);
                    failed(batch, error);
                }
            } finally {
                returned();
                sendWhatWaits();
            }
        });
    }

    private void returned() {
        lock.lock();
        try {
            calls--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void failed(List<Waiting> batch, Throwable error) {
        if (Trouble.isOutOfReach(error)) {
            // The scheduler lets go of them when it is back
            batch.forEach(one -> giveUp(one, error));
        } else if (batch.size() > 1) {
            enqueue(batch.stream().map(Waiting::byItself).toList());
        } else if (Trouble.isRefusedForNow(error) && clock.millis() < batch.get(0).untilMillis) {
            again(batch.get(0));
        } else {
            letGo(batch.get(0), error);
        }
    }

    private void again(Waiting one) {
        lock.lock();
        try {
            pausing++;
        } finally {
            lock.unlock();
        }
        afterPause.execute(() -> {
            lock.lock();
            try {
                pausing--;
            } finally {
                lock.unlock();
            }
            enqueue(List.of(one));
        });
    }

    private void letGo(Waiting one, Throwable error) {
        if (!(one.ending.lastWord() instanceof Ending.Drop)) {
            When.failed(end(new Ending(one.ending.claim(), new Ending.Drop()), IN_THE_END, false));
        }
        giveUp(one, error);
    }

    private void giveUp(Waiting one, Throwable error) {
        route.slots().release(one.slots());
        one.done.completeExceptionally(Trouble.cause(error));
    }

    private RedisScheduler scheduler() {
        return route.bus().scheduler();
    }

    private List<String> queues() {
        return route.settings().queues();
    }
}
