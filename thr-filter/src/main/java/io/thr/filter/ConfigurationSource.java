package io.thr.filter;

import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.core.config.TextFile;
import io.thr.core.source.UserClasses;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RulesProvider;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What configures a filter in a container, found once, at its start: the file that the system property {@code thr.config},
 * the environment's {@code THR_CONFIG} or the init parameter {@code config} names, in that order, for whoever deploys a
 * ready-made application overrides what is in it; beside it, or without it, what the init parameter {@code rules_class}
 * names; and what the application announces as providers of rules. Threads may share it.
 */
final class ConfigurationSource {

    private static final String INIT_PARAMETER = "config";
    private static final String SYSTEM_PROPERTY = "thr.config";
    private static final String ENVIRONMENT = "THR_CONFIG";

    private final ServletContext context;
    private final @Nullable String name;
    /** Where its file is on disk; null where there is none, or it is in an archive. */
    private final @Nullable Path main;

    private final List<String> rulesClasses;
    private final @Nullable ClassLoader loader = Thread.currentThread().getContextClassLoader();
    private volatile List<Path> sources = List.of();

    private ConfigurationSource(ServletContext context, @Nullable String name, List<String> rulesClasses) {
        this.context = context;
        this.name = name;
        this.rulesClasses = rulesClasses;
        this.main = name == null ? null : onDisk(name);
    }

    /**
     * What configures that filter; nothing is read yet. To be called by the thread that starts the filter: classes are
     * looked for where it would.
     *
     * @throws ServletException where nothing does; its message says how to name it
     */
    static ConfigurationSource of(jakarta.servlet.FilterConfig config) throws ServletException {
        String name = firstOf(
                System.getProperty(SYSTEM_PROPERTY),
                System.getenv(ENVIRONMENT),
                config.getInitParameter(INIT_PARAMETER));
        ConfigurationSource source = new ConfigurationSource(
                config.getServletContext(), name, list(config.getInitParameter(FilterConfig.RULES_CLASS)));
        if (name == null && source.rulesClasses.isEmpty() && !source.hasServices()) {
            throw new ServletException(
                    "filter " + config.getFilterName() + " has no configuration: name a YAML or a Java file by "
                            + "its init parameter `" + INIT_PARAMETER + "`, the system property `" + SYSTEM_PROPERTY
                            + "` or the environment variable `" + ENVIRONMENT + "`, or a class by its init parameter `"
                            + FilterConfig.RULES_CLASS + "`");
        }
        return source;
    }

    /**
     * Reads it, again at each call, on any thread.
     *
     * @throws ConfigException with every mistake that was found
     */
    FilterSettings read() {
        UserClasses classes = new UserClasses(loader, directory());
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader); // for what the user's classes look for by it
        try {
            return FilterConfig.read(name == null ? null : file(name), rulesClasses(), System.getenv(), classes);
        } finally {
            thread.setContextClassLoader(before);
            sources = classes.files();
        }
    }

    /**
     * The files on disk of which it consists, as far as it has been read: it is to be read again when one of them changes.
     * None where it is in an archive.
     */
    List<Path> files() {
        List<Path> files = new ArrayList<>();
        if (main != null) {
            files.add(main);
        }
        files.addAll(sources);
        return files;
    }

    private boolean hasServices() {
        try {
            return ServiceLoader.load(RulesProvider.class, loader).stream()
                    .findAny()
                    .isPresent();
        } catch (ServiceConfigurationError e) {
            return true; // and what is wrong with it, the reading tells
        }
    }

    /** Source files of the application are told by their place on disk. */
    private List<String> rulesClasses() {
        return rulesClasses.stream()
                .map(named -> {
                    Path real = TextFile.isJava(named) ? realPath(named) : null;
                    return real == null ? named : real.toString();
                })
                .toList();
    }

    /** What paths in the file are relative to; null where it is in an archive. */
    private @Nullable Path directory() {
        if (name == null) {
            return Path.of("").toAbsolutePath();
        }
        return main == null ? null : UserClasses.directoryOf(main);
    }

    /** From the disk where it is there: containers remember resources for a while. */
    private TextFile file(String called) {
        byte[] bytes = main == null ? resource(called) : null;
        return bytes == null ? TextFile.read(main == null ? Path.of(called) : main) : TextFile.of(called, bytes);
    }

    private @Nullable Path onDisk(String called) {
        Path real = realPath(called);
        return real != null || resource(called) != null ? real : Path.of(called);
    }

    /** Where a resource of the web application is; null where it is in an archive, or there is none of that name. */
    private @Nullable Path realPath(String called) {
        String real = called.startsWith("/") ? context.getRealPath(called) : null;
        return real == null || !Files.exists(Path.of(real)) ? null : Path.of(real);
    }

    /** A resource of the web application, or null where the name is none's. */
    private byte @Nullable [] resource(String called) {
        if (!called.startsWith("/")) {
            return null;
        }
        try (InputStream stream = context.getResourceAsStream(called)) {
            return stream == null ? null : stream.readAllBytes();
        } catch (IOException e) {
            throw new ConfigException(List.of(Problem.ofFile(called, "cannot be read: " + e)));
        }
    }

    private static List<String> list(@Nullable String names) {
        return names == null
                ? List.of()
                : Stream.of(names.split(","))
                        .map(String::strip)
                        .filter(named -> !named.isEmpty())
                        .toList();
    }

    private static @Nullable String firstOf(@Nullable String... candidates) {
        for (String candidate : candidates) {
            if (candidate != null && !candidate.isBlank()) {
                return candidate;
            }
        }
        return null;
    }

    /** As messages call it. */
    @Override
    public String toString() {
        if (name != null) {
            return name;
        }
        return rulesClasses.isEmpty() ? "the application's rules" : String.join(", ", rulesClasses);
    }
}
