package io.thr.core.config;

import static java.lang.System.Logger.Level.WARNING;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Tells when files have changed. It looks at the time, the size and the identity of each twice a second, for the system's own
 * notices do not come through network file systems and bind mounts. Files that have just changed are looked at again a
 * moment later, and the change is told when it is over, so that none is read half written. All in all a change is told
 * within a second.
 *
 * <p>All runs on the executor, one look at a time. {@link #close()} may be called by any thread.
 */
public final class FileWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(FileWatch.class.getName());

    private static final long QUIET_MILLIS = 500;
    private static final long SETTLING_MILLIS = 100;

    private final Supplier<List<Path>> files;
    private final Runnable changed;
    private final ScheduledExecutorService executor;
    private FileVersions told;
    private FileVersions seen;
    private volatile boolean closed;

    /**
     * A watch that has not begun.
     *
     * @param files what is looked at, the one without which there is nothing first; asked for at each look, as what is in one
     *     may name others
     * @param known the versions before what is known of them was read, so that no change goes unseen
     * @param changed told when they have changed and the first is there; what it throws ends the watching
     * @param executor runs it all; it remains the caller's to end
     */
    public FileWatch(
            Supplier<List<Path>> files, FileVersions known, Runnable changed, ScheduledExecutorService executor) {
        this.files = files;
        this.told = known;
        this.seen = known;
        this.changed = changed;
        this.executor = executor;
    }

    /** Begins to watch. */
    public void start() {
        lookIn(0);
    }

    /** Ends the watching; a look that is under way ends by itself. */
    @Override
    public void close() {
        closed = true;
    }

    private void lookIn(long millis) {
        if (closed) {
            return;
        }
        try {
            var unused = executor.schedule(
                    () -> lookIn(look() ? QUIET_MILLIS : SETTLING_MILLIS), millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            closed = true; // the executor has ended, and its owner with it
        }
    }

    /** Looks once, for those that have not started it; whether all is told that is to be told. */
    public boolean look() {
        if (closed) {
            return true;
        }
        List<Path> watched = files.get();
        FileVersions now = FileVersions.of(watched);
        if (now.equals(told)) {
            seen = now;
            return true;
        }
        if (!now.equals(seen)) {
            seen = now;
            return false;
        }
        told = now;
        if (now.has(watched.get(0))) {
            // what is named for the first time is not in it, so that all is told once more
            changed.run();
        } else {
            LOG.log(WARNING, "{0}: is not there; what was read of it stays in force", watched.get(0));
        }
        return true;
    }
}
