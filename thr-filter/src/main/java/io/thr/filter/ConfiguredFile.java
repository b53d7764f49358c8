package io.thr.filter;

import io.thr.core.config.ConfigException;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.config.FilterSettings;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Finds the file that configures a filter in a container. */
final class ConfiguredFile {

    private static final String INIT_PARAMETER = "config";
    private static final String SYSTEM_PROPERTY = "thr.config";
    private static final String ENVIRONMENT = "THR_CONFIG";

    private ConfiguredFile() {}

    /**
     * Reads the file that the system property {@code thr.config}, the environment's {@code THR_CONFIG} or the init
     * parameter {@code config} names, in that order: whoever deploys a ready-made application overrides what is in it.
     */
    static FilterSettings read(jakarta.servlet.FilterConfig config) throws ServletException {
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
        try {
            String text = resource(config.getServletContext(), name);
            return text == null
                    ? FilterConfig.read(Path.of(name), System.getenv())
                    : FilterConfig.parse(name, text, System.getenv());
        } catch (ConfigException | IOException e) {
            throw new ServletException(e.getMessage(), e);
        }
    }

    /** The text of a resource of the web application, or null where the name is none's. */
    private static @Nullable String resource(ServletContext context, String name) throws IOException {
        if (!name.startsWith("/")) {
            return null;
        }
        try (InputStream stream = context.getResourceAsStream(name)) {
            return stream == null ? null : new String(stream.readAllBytes(), StandardCharsets.UTF_8);
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
}
