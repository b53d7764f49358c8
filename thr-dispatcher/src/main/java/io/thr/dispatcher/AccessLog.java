package io.thr.dispatcher;

import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.log.StormLog;
import io.thr.dispatcher.config.AccessLogPlace;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a line for each exchange that has ended: into a file, or on the standard output. One thread of its own formats and
 * writes what comes together; who has an entry never waits for it, and where it cannot follow, entries are dropped and counted,
 * and a line says how many. The file is opened again when it has been moved away, as by log rotation. Threads may share it.
 */
class AccessLog implements AutoCloseable {

    /** Writes nothing, for nothing. */
    static final AccessLog NONE = new AccessLog() {
        @Override
        boolean isOn() {
            return false;
        }

        @Override
        void add(Supplier<AccessEntry> entry) {}
    };

    private static final System.Logger LOG = System.getLogger(AccessLog.class.getName());

    private static final int MOST_WAITING = 16_384;

    /** So that a busy dispatcher wakes the writer a few times a second, and not for each line. */
    private static final long GATHER_MILLIS = 50;

    private static final long CLOSE_MILLIS = 5_000;

    private final BlockingQueue<AccessEntry> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final LongAdder dropped = new LongAdder();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final StormLog storm = StormLog.onceAMinute(LOG);
    private final @Nullable Thread writer;

    // by the writer's thread only
    private final @Nullable Path file;
    private @Nullable OutputStream out;
    private @Nullable Object openedKey;
    private long droppedTold;

    private AccessLog() {
        file = null;
        writer = null;
    }

    private AccessLog(AccessLogPlace place) throws IOException {
        if (place instanceof AccessLogPlace.File there) {
            file = there.path();
            open(there.path());
        } else {
            file = null;
            out = System.out;
        }
        Thread thread = new Thread(this::write, "thr-access-log");
        thread.setDaemon(true);
        writer = thread;
        thread.start();
    }

    /**
     * Begins to write there.
     *
     * @throws IllegalArgumentException where that file cannot be written
     */
    static AccessLog to(AccessLogPlace place) {
        if (place instanceof AccessLogPlace.Nowhere) {
            return NONE;
        }
        try {
            return new AccessLog(place);
        } catch (IOException e) {
            throw new IllegalArgumentException("access_log: cannot be written: " + e, e);
        }
    }

    /** Whether anything is written. */
    boolean isOn() {
        return true;
    }

    /** Writes it some time, or drops it; asks for it only where it writes. */
    void add(Supplier<AccessEntry> entry) {
        if (!waiting.offer(entry.get())) {
            dropped.increment();
        }
    }

    /** How many have been dropped. */
    long dropped() {
        return dropped.sum();
    }

    private void write() {
        List<AccessEntry> batch = new ArrayList<>();
        try {
            while (stopping.getCount() > 0 || !waiting.isEmpty()) {
                AccessEntry first = waiting.poll(GATHER_MILLIS * 10, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                boolean unused = stopping.await(GATHER_MILLIS, TimeUnit.MILLISECONDS);
                batch.add(first);
                waiting.drainTo(batch);
                write(batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closeFile();
        }
    }

    private void write(List<AccessEntry> batch) {
        StringBuilder lines = new StringBuilder(batch.size() * 200);
        batch.forEach(entry -> entry.appendTo(lines));
        long droppedNow = dropped.sum();
        if (droppedNow > droppedTold) {
            lines.append("dropped=").append(droppedNow - droppedTold).append('\n');
        }
        try {
            OutputStream to = current();
            to.write(lines.toString().getBytes(StandardCharsets.UTF_8));
            to.flush();
        } catch (IOException e) {
            dropped.add(batch.size());
            storm.log(WARNING, "access_log: lines are dropped, as they cannot be written: {0}", e.toString());
            closeFile();
            return;
        }
        if (droppedNow > droppedTold) {
            storm.log(WARNING, "access_log: {0} lines were dropped, as more came than could be written", droppedNow);
        }
        droppedTold = droppedNow;
    }

    private OutputStream current() throws IOException {
        Path path = file;
        OutputStream to = out;
        if (path == null) {
            return Objects.requireNonNull(to);
        }
        if (to == null || !Objects.equals(openedKey, keyOf(path))) {
            closeFile();
            to = open(path);
        }
        return to;
    }

    private OutputStream open(Path path) throws IOException {
        OutputStream opened = Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        out = opened;
        openedKey = keyOf(path);
        return opened;
    }

    /** What the file is, whatever it is called; null where it is not there. */
    private static @Nullable Object keyOf(Path path) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            Object key = attributes.fileKey();
            return key == null ? attributes.creationTime() : key;
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private void closeFile() {
        OutputStream to = out;
        if (file == null || to == null) {
            return;
        }
        out = null;
        try {
            to.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "access_log: could not be closed", e);
        }
    }

    /** Writes what waits, and ends. */
    @Override
    public void close() {
        stopping.countDown();
        if (writer == null) {
            return;
        }
        try {
            writer.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
