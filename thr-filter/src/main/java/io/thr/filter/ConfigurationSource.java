package io.thr.filter;

import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.config.FilterSettings;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What configures a filter in a container, found once, at its start: the file that the system property {@code thr.config},
 * the environment's {@code THR_CONFIG} or the init parameter {@code config} names, in that order, for whoever deploys a
 * ready-made application overrides what is in it. Threads may share it.
 */
final class ConfigurationSource {

    private static final String INIT_PARAMETER = "config";
    private static final String SYSTEM_PROPERTY = "thr.config";
    private static final String ENVIRONMENT = "THR_CONFIG";

    private final ServletContext context;
    private final String name;
    private final @Nullable ClassLoader loader = Thread.currentThread().getContextClassLoader();

    private ConfigurationSource(ServletContext context, String name) {
        this.context = context;
        this.name = name;
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
        if (name == null) {
            throw new ServletException(
                    "filter " + config.getFilterName() + " has no configuration: name a YAML file by "
                            + "its init parameter `" + INIT_PARAMETER + "`, the system property `" + SYSTEM_PROPERTY
                            + "` or the environment variable `" + ENVIRONMENT + "`");
        }
        return new ConfigurationSource(config.getServletContext(), name);
    }

    /**
     * Reads it, again at each call, on any thread.
     *
     * @throws ConfigException with every mistake that was found
     */
    FilterSettings read() {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            String text = resource();
            return text == null
                    ? FilterConfig.read(Path.of(name), System.getenv())
                    : FilterConfig.parse(name, text, System.getenv());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /**
     * The files on disk of which it consists, as far as it has been read: it is to be read again when one of them changes.
     * None where it is in an archive.
     */
    List<Path> files() {
        if (resource() == null) {
            return List.of(Path.of(name));
        }
        String real = context.getRealPath(name);
        return real == null ? List.of() : List.of(Path.of(real));
    }

    /** The text of a resource of the web application, or null where the name is none's. */
    private @Nullable String resource() {
        if (!name.startsWith("/")) {
            return null;
        }
        try (InputStream stream = context.getResourceAsStream(name)) {
            return stream == null ? null : new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ConfigException(List.of(Problem.ofFile(name, "cannot be read: " + e)));
        }
    }

    private static @Nullable String firstOf(@Nullable String... candidates) {
        for (String candidate : candidates) {
            if (candidate != null && !candidate.isBlank()) {
                return candidate;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return name;
    }
}
