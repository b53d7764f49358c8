package io.thr.filter.suspend;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How many threads of the container wait with their requests, because a chain is not async-supported. There is a bound on
 * them, for the application needs threads, too. Virtual threads do not count. Threads may share it.
 */
public final class BlockedThreads {

    private static final Logger LOG = System.getLogger(BlockedThreads.class.getName());

    private final int max;
    private final Semaphore free;
    private final AtomicBoolean warned = new AtomicBoolean();

    /** With that bound; 0: none waits. */
    public BlockedThreads(int max) {
        this.max = max;
        this.free = new Semaphore(max);
    }

    /** Whether this thread may wait; it tells {@link #leave} when it does so no more. */
    public boolean enter() {
        if (!warned.getAndSet(true)) {
            LOG.log(
                    Level.WARNING,
                    "requests wait on threads of the container, of which {0} may do so at once, as this filter, one "
                            + "before it, or the servlet is not async-supported: set "
                            + "<async-supported>true</async-supported>, or asyncSupported = true, on each",
                    max);
        }
        return VirtualThreads.isVirtual(Thread.currentThread()) || free.tryAcquire();
    }

    /** This thread, which has been let in, waits no more. */
    public void leave() {
        if (!VirtualThreads.isVirtual(Thread.currentThread())) {
            free.release();
        }
    }
}
