package io.thr.core.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A configuration that cannot be used. The message lists every problem that was found, each on a line of its own with
 * its file and place; it is meant to be shown as it is.
 */
public final class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /** These problems, at least one. */
    public ConfigException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** The problems in the order of the file. */
    public List<Problem> problems() {
        return problems;
    }
}
