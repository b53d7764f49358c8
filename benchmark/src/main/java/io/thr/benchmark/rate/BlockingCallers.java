package io.thr.benchmark.rate;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** A thread for each caller. */
final class BlockingCallers implements Callers {

    private final Predicate<String> grants;
    private final List<KeyChoice> choices;
    private final List<Tally> tallies;

    BlockingCallers(Predicate<String> grants, List<KeyChoice> choices, List<Tally> tallies) {
        this.grants = grants;
        this.choices = choices;
        this.tallies = tallies;
    }

    @Override
    public void run(long deadline) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            KeyChoice keys = choices.get(i);
            Tally tally = tallies.get(i);
            threads.add(new Thread(() -> ask(keys, tally, deadline), "caller-" + i));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void ask(KeyChoice keys, Tally tally, long deadline) {
        long now = System.nanoTime();
        while (now - deadline < 0 || !keys.complete()) {
            long begin = now;
            try {
                boolean granted = grants.test(keys.next());
                now = System.nanoTime();
                if (granted) {
                    tally.granted(now - begin);
                    continue;
                }
                tally.refused();
            } catch (RuntimeException failed) {
                tally.failed(failed);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            now = System.nanoTime();
        }
    }
}
