package io.thr.core.redis;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OwnThreadsTest {

    private final OwnThreads threads = new OwnThreads("thr-own");

    /** The threads that an executor has started for tasks that wait. */
    private List<Thread> busy(ExecutorService executor, int count) throws InterruptedException {
        List<Thread> started = new ArrayList<>();
        CountDownLatch running = new CountDownLatch(count);
        CountDownLatch never = new CountDownLatch(1);
        for (int i = 0; i < count; i++) {
            Future<?> unused = executor.submit(() -> {
                synchronized (started) {
                    started.add(Thread.currentThread());
                }
                running.countDown();
                never.await();
                return null;
            });
        }
        running.await();
        synchronized (started) {
            return List.copyOf(started);
        }
    }

    @Test
    void no_thread_is_alive_once_their_executor_has_been_ended() throws Exception {
        for (int i = 0; i < 200; i++) {
            ExecutorService executor = Executors.newCachedThreadPool(threads);
            List<Thread> started = busy(executor, 4);
            threads.end(executor);
            assertThat(started.stream().filter(Thread::isAlive).toList(), is(empty()));
        }
    }

    @Test
    void thread_that_ends_its_own_executor_does_not_wait_for_itself() throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor(threads);
        Future<Duration> taken = executor.submit(() -> {
            long begun = System.nanoTime();
            threads.end(executor);
            return Duration.ofNanos(System.nanoTime() - begun);
        });
        assertThat(taken.get(5, TimeUnit.SECONDS), lessThan(Duration.ofMillis(900)));
    }

    @Test
    void interrupted_thread_stays_so() {
        ExecutorService executor = Executors.newSingleThreadExecutor(threads);
        Thread.currentThread().interrupt();
        threads.end(executor);
        assertThat(Thread.interrupted(), is(true));
    }
}
