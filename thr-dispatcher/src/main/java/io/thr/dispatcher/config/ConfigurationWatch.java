package io.thr.dispatcher.config;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.config.ConfigException;
import io.thr.core.config.FileVersions;
import io.thr.core.config.FileWatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Reads a dispatcher's file again when it, or a source file that it names, has changed, and hands on what takes effect at once: limits, fair shares, the
 * order, {@code lost_slots} and {@code max_attempts}. What else has changed is named in the log; it takes effect at the
 * next start. A file that cannot be read, or has mistakes, is logged with all of them, and what was in force stays so.
 *
 * <p>A function of a limit, or of a fair share, is never equal to the one of the reading before: where there are some, they are
 * handed on with each reading.
 *
 * <p>When that is, {@link FileWatch} finds: within a second.
 *
 * <p>All runs on the executor, one look at a time. {@link #close()} may be called by any thread.
 */
public final class ConfigurationWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ConfigurationWatch.class.getName());

    /** What takes effect at the next start only, by its name in the file. */
    private static final Map<String, Function<DispatcherSettings, Object>> AT_NEXT_START = new LinkedHashMap<>();

    static {
        AT_NEXT_START.put("redis", DispatcherSettings::redis);
        AT_NEXT_START.put("bus", DispatcherSettings::bus);
        AT_NEXT_START.put("timeout", DispatcherSettings::timeout);
        AT_NEXT_START.put("max_lifetime", DispatcherSettings::maxLifetime);
        AT_NEXT_START.put("stats_file", DispatcherSettings::statsFile);
        AT_NEXT_START.put("access_log", DispatcherSettings::accessLog);
        AT_NEXT_START.put("stats_frequency_ms", DispatcherSettings::statsEvery);
        AT_NEXT_START.put("add_thr_extra_headers", DispatcherSettings::addThrExtraHeaders);
        AT_NEXT_START.put("max_response_body", DispatcherSettings::maxResponseBody);
        AT_NEXT_START.put("body_threshold", DispatcherSettings::bodyThreshold);
        AT_NEXT_START.put("queues", DispatcherSettings::queues);
        AT_NEXT_START.put("max_waiting", DispatcherSettings::maxWaiting);
        AT_NEXT_START.put("admin", DispatcherSettings::admin);
    }

    private final Supplier<List<Path>> files;
    private final FileWatch watch;
    private final Supplier<DispatcherSettings> reader;
    private final Consumer<DispatcherSettings> apply;
    private DispatcherSettings inForce;

    ConfigurationWatch(
            Supplier<List<Path>> files,
            DispatcherSettings inForce,
            Supplier<DispatcherSettings> reader,
            Consumer<DispatcherSettings> apply,
            ScheduledExecutorService executor) {
        this.files = files;
        // so they are read once more: they may have changed since what is in force was read
        this.watch = new FileWatch(files, FileVersions.of(List.of()), this::readAgain, executor);
        this.inForce = inForce;
        this.reader = reader;
        this.apply = apply;
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
        watch.watch.start();
        return watch;
    }

    /** Ends the watching; a look that is under way ends by itself. */
    @Override
    public void close() {
        watch.close();
    }

    /** Looks once; whether all is read that is to be read. */
    boolean look() {
        return watch.look();
    }

    private Path file() {
        return files.get().get(0);
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
