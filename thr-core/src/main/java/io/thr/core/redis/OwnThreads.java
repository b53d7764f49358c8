package io.thr.core.redis;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The threads of one executor: daemons of one name, whose end can be waited for. A container that has stopped an application
 * blames it for each of its threads that still runs, be it for a moment; and an executor that is told to end does so at its
 * leisure, and says that it has terminated while its last thread still has a few steps to go.
 */
public final class OwnThreads implements ThreadFactory {

    private static final long END_MILLIS = 1000;

    private final String name;
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

    /** With the name of all its threads. */
    public OwnThreads(String name) {
        this.name = name;
    }

    @Override
    public Thread newThread(Runnable work) {
        threads.removeIf(thread -> thread.getState() == Thread.State.TERMINATED);
        Thread thread = Redis.daemon(work, name);
        threads.add(thread);
        return thread;
    }

    /**
     * Ends the executor that has these threads: interrupts what runs, forgets what waits to run, and waits a second at most
     * until the threads have ended. One of them does not wait for itself.
     */
    public void end(ExecutorService executor) {
        executor.shutdownNow();
        if (threads.contains(Thread.currentThread())) {
            return;
        }
        try {
            // first this: a thread that is about to be started cannot be joined yet
            if (executor.awaitTermination(END_MILLIS, TimeUnit.MILLISECONDS)) {
                for (Thread thread : threads) {
                    thread.join(END_MILLIS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
