package io.thr.benchmark.rate;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** No threads of their own: where a caller's decision becomes known, there its next one is asked for. */
final class AsyncCallers implements Callers {

    private static final long GRACE_SECONDS = 60;
    private static final Executor LATER = CompletableFuture.delayedExecutor(PAUSE_NANOS, TimeUnit.NANOSECONDS);

    private final Function<String, CompletableFuture<Boolean>> grants;
    private final List<KeyChoice> choices;
    private final List<Tally> tallies;

    AsyncCallers(Function<String, CompletableFuture<Boolean>> grants, List<KeyChoice> choices, List<Tally> tallies) {
        this.grants = grants;
        this.choices = choices;
        this.tallies = tallies;
    }

    @Override
    public void run(long deadline) throws InterruptedException {
        CountDownLatch running = new CountDownLatch(choices.size());
        List<Caller> callers = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            callers.add(new Caller(choices.get(i), tallies.get(i), deadline, running));
        }
        callers.forEach(Caller::next);
        long wait = deadline - System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
        if (!running.await(wait, TimeUnit.NANOSECONDS)) {
            throw new IllegalStateException(running.getCount() + " decisions never came");
        }
    }

    private final class Caller {

        private final KeyChoice keys;
        private final Tally tally;
        private final long deadline;
        private final CountDownLatch running;

        /**
         * How often the next decision is due. Who finds none due asks, and goes on for those that become due meanwhile: a
         * decision that is known at once, within the asking, leaves the next one to the asking below it, and the stack does
         * not grow.
         */
        private final AtomicInteger due = new AtomicInteger();

        private long askedAt = System.nanoTime();

        private Caller(KeyChoice keys, Tally tally, long deadline, CountDownLatch running) {
            this.keys = keys;
            this.tally = tally;
            this.deadline = deadline;
            this.running = running;
        }

        private void next() {
            if (due.getAndIncrement() > 0) {
                return;
            }
            do {
                if (askedAt - deadline < 0 || !keys.complete()) {
                    ask();
                } else {
                    running.countDown();
                }
            } while (due.decrementAndGet() > 0);
        }

        private void ask() {
            CompletableFuture<Boolean> decision;
            try {
                decision = grants.apply(keys.next());
            } catch (RuntimeException failed) {
                decision = CompletableFuture.failedFuture(failed);
            }
            CompletableFuture<Boolean> unused = decision.whenComplete(this::decided);
        }

        private void decided(@Nullable Boolean granted, @Nullable Throwable failure) {
            if (Boolean.TRUE.equals(granted)) {
                long now = System.nanoTime();
                tally.granted(now - askedAt);
                askedAt = now;
                next();
                return;
            }
            if (failure == null) {
                tally.refused();
            } else {
                tally.failed(failure);
            }
            LATER.execute(() -> {
                askedAt = System.nanoTime();
                next();
            });
        }
    }
}
