package io.thr.filter.config;

import io.thr.core.config.ConfigException;
import java.nio.file.Path;
import java.util.Map;

/** Reads the filter's YAML file. */
public final class FilterConfig {

    private FilterConfig() {}

    /**
     * Reads the file.
     *
     * @param environment the values of {@code ${NAME}}; usually {@link System#getenv()}
     * @throws ConfigException with every problem that was found
     */
    public static FilterSettings read(Path file, Map<String, String> environment) {
        throw new UnsupportedOperationException();
    }

    /**
     * Reads the text of a file.
     *
     * @param name what problems call the file
     * @param environment the values of {@code ${NAME}}; usually {@link System#getenv()}
     * @throws ConfigException with every problem that was found
     */
    public static FilterSettings parse(String name, String text, Map<String, String> environment) {
        throw new UnsupportedOperationException();
    }
}
