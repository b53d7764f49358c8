package io.thr.dispatcher.config;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a dispatcher's file again when it, or a source file that it names, has changed, and hands on what takes effect at once: limits, fair shares, the
 * order, {@code lost_slots} and {@code max_attempts}. What else has changed is named in the log; it takes effect at the
 * next start. A file that cannot be read, or has mistakes, is logged with all of them, and what was in force stays so.
 *
 * <p>A function of a limit, or of a fair share, is never equal to the one of the reading before: where there are some, they are
 * handed on with each reading.
 *
 * <p>It looks at the file's time, size and identity twice a second, for the system's own notices do not come through
 * network file systems and bind mounts; a link is followed. A file that has just changed is looked at again a moment
 * later and is read when it has stopped changing, so that none is read half written. All in all a change takes effect
 * within a second.
 *
 * <p>All runs on the executor, one look at a time. {@link #close()} may be called by any thread.
 */
public final class ConfigurationWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ConfigurationWatch.class.getName());

    private static final long QUIET_MILLIS = 500;
    private static final long SETTLING_MILLIS = 100;

    /** What takes effect at the next start only, by its name in the file. */
    private static final Map<String, Function<DispatcherSettings, Object>> AT_NEXT_START = new LinkedHashMap<>();

    static {
        AT_NEXT_START.put("redis", DispatcherSettings::redis);
        AT_NEXT_START.put("bus", DispatcherSettings::bus);
        AT_NEXT_START.put("timeout", DispatcherSettings::timeout);
        AT_NEXT_START.put("max_lifetime", DispatcherSettings::maxLifetime);
        AT_NEXT_START.put("stats_file", DispatcherSettings::statsFile);
        AT_NEXT_START.put("stats_frequency_ms", DispatcherSettings::statsEvery);
        AT_NEXT_START.put("add_thr_extra_headers", DispatcherSettings::addThrExtraHeaders);
        AT_NEXT_START.put("max_response_body", DispatcherSettings::maxResponseBody);
        AT_NEXT_START.put("body_threshold", DispatcherSettings::bodyThreshold);
        AT_NEXT_START.put("queues", DispatcherSettings::queues);
        AT_NEXT_START.put("max_waiting", DispatcherSettings::maxWaiting);
    }

    /** What tells one version of a file from the next without reading it. */
    private record Version(
            FileTime changed, long size, @Nullable Object identity) {}

    private final Supplier<List<Path>> files;
    private final Supplier<DispatcherSettings> reader;
    private final Consumer<DispatcherSettings> apply;
    private final ScheduledExecutorService executor;
    private DispatcherSettings inForce;
    private Map<Path, Optional<Version>> read = Map.of();
    private Map<Path, Optional<Version>> seen = Map.of();
    private volatile boolean closed;

    ConfigurationWatch(
            Supplier<List<Path>> files,
            DispatcherSettings inForce,
            Supplier<DispatcherSettings> reader,
            Consumer<DispatcherSettings> apply,
            ScheduledExecutorService executor) {
        this.files = files;
        this.inForce = inForce;
        this.reader = reader;
        this.apply = apply;
        this.executor = executor;
    }

    /**
     * Begins to watch.
     *
     * @param files what is looked at, the main file first; asked again after each reading
     * @param inForce what was read of it; a change since then is found
     * @param reader reads it again, with what the command line adds; throws {@link ConfigException} where it is wrong
     * @param apply is given the settings in force with what has changed of those that take effect at once
     * @param executor runs it all; it remains the caller's to end
     */
    public static ConfigurationWatch start(
            Supplier<List<Path>> files,
            DispatcherSettings inForce,
            Supplier<DispatcherSettings> reader,
            Consumer<DispatcherSettings> apply,
            ScheduledExecutorService executor) {
        ConfigurationWatch watch = new ConfigurationWatch(files, inForce, reader, apply, executor);
        watch.lookIn(0);
        return watch;
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
            closed = true; // the executor has ended, and the dispatcher with it
        }
    }

    /** Looks once; whether all is read that is to be read. */
    boolean look() {
        if (closed) {
            return true;
        }
        Map<Path, Optional<Version>> now = versions();
        if (now.equals(read)) {
            seen = now;
            return true;
        }
        if (!now.equals(seen)) {
            seen = now;
            return false;
        }
        if (now.getOrDefault(file(), Optional.empty()).isEmpty()) {
            if (!read.isEmpty()) {
                read = Map.of();
                LOG.log(WARNING, "{0}: is not there; what was read of it stays in force", file());
            }
            return true;
        }
        // A source file that is named for the first time is not in it, so that all is read once more: it may have
        // changed since
        read = now;
        readAgain();
        return true;
    }

    private Path file() {
        return files.get().get(0);
    }

    private Map<Path, Optional<Version>> versions() {
        Map<Path, Optional<Version>> versions = new LinkedHashMap<>();
        files.get().forEach(file -> versions.put(file, version(file)));
        return versions;
    }

    private static Optional<Version> version(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return Optional.of(new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private void readAgain() {
        DispatcherSettings found;
        try {
            found = reader.get();
        } catch (RuntimeException e) {
            LOG.log(
                    WARNING,
                    "{0}: has been changed, and is wrong; what was in force stays so:\n{1}",
                    file(),
                    e.getMessage());
            return;
        }
        List<String> later = atNextStart(found);
        if (!later.isEmpty()) {
            LOG.log(WARNING, "{0}: takes effect at the next start: {1}", file(), String.join(", ", later));
        }
        DispatcherSettings next = inForce.withLiveOf(found);
        if (next.equals(inForce)) {
            return;
        }
        try {
            apply.accept(next);
            inForce = next;
            LOG.log(INFO, "{0}: has been changed, and is in force", file());
        } catch (RuntimeException e) {
            LOG.log(WARNING, file() + ": could not be put in force", e);
        }
    }

    private List<String> atNextStart(DispatcherSettings found) {
        List<String> names = new ArrayList<>();
        AT_NEXT_START.forEach((name, value) -> {
            if (!value.apply(found).equals(value.apply(inForce))) {
                names.add(name);
            }
        });
        return names;
    }
}
