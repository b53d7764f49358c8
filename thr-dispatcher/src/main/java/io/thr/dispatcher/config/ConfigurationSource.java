package io.thr.dispatcher.config;

import io.thr.core.config.ConfigException;
import io.thr.core.config.TextFile;
import io.thr.core.source.UserClasses;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The file that configures a dispatcher, with the source files that it names: read as often as wanted. Threads may share it. */
public final class ConfigurationSource {

    private final Path file;
    private final Map<String, String> environment;
    private final ClassLoader loader = Thread.currentThread().getContextClassLoader();
    private volatile List<Path> sources = List.of();
    private volatile @Nullable Reading last;

    /** What has been read, and of which texts; source files by their paths. */
    private record Reading(TextFile main, Map<Path, String> sources, DispatcherSettings settings) {

        boolean isOf(TextFile nowMain) {
            return main.equals(nowMain)
                    && sources.entrySet().stream().allMatch(source -> hasText(source.getKey(), source.getValue()));
        }

        private static boolean hasText(Path source, String text) {
            try {
                return TextFile.read(source).text().equals(text);
            } catch (ConfigException e) {
                return false; // the reading tells why, and where it is named
            }
        }
    }

    /**
     * That file, YAML or Java; nothing is read yet. Classes are looked for where the calling thread would.
     *
     * @param environment the values of {@code ${NAME}}
     */
    public ConfigurationSource(Path file, Map<String, String> environment) {
        this.file = file;
        this.environment = environment;
    }

    /**
     * Reads it, again at each call. As long as no text has changed, what has been read of it remains: functions are equal to
     * themselves alone, and nothing is compiled twice.
     *
     * @throws ConfigException with every mistake that was found
     */
    public DispatcherSettings read() {
        TextFile main = TextFile.read(file);
        Reading before = last;
        if (before != null && before.isOf(main)) {
            return before.settings();
        }
        last = null;
        UserClasses classes = new UserClasses(loader, UserClasses.directoryOf(file));
        Thread thread = Thread.currentThread();
        ClassLoader usual = thread.getContextClassLoader();
        thread.setContextClassLoader(loader); // for what the user's classes look for by it
        try {
            DispatcherSettings settings = DispatcherConfig.read(main, environment, classes);
            last = new Reading(main, classes.sources(), settings);
            return settings;
        } finally {
            thread.setContextClassLoader(usual);
            sources = classes.files();
        }
    }

    /** The files of which it consists, as far as it has been read; the main one first. */
    public List<Path> files() {
        List<Path> files = new ArrayList<>();
        files.add(file);
        files.addAll(sources);
        return files;
    }
}
