package io.thr.core.config;

import java.util.Comparator;

/**
 * One mistake in a configuration file.
 *
 * @param file the file's name
 * @param line where it is, from 1; 0 where the file as a whole is meant
 * @param column where in the line, from 1; 0 where the line, or the file, as a whole is meant
 * @param message what was found and what was expected
 */
public record Problem(String file, int line, int column, String message) implements Comparable<Problem> {

    private static final Comparator<Problem> IN_READING_ORDER =
            Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column);

    /** A problem with the file as a whole. */
    public static Problem ofFile(String file, String message) {
        return new Problem(file, 0, 0, message);
    }

    /** A problem with a line as a whole. */
    public static Problem ofLine(String file, int line, String message) {
        return new Problem(file, line, 0, message);
    }

    /** By place. */
    @Override
    public int compareTo(Problem other) {
        return IN_READING_ORDER.compare(this, other);
    }

    /** {@code front.yaml:7:9: message}. */
    @Override
    public String toString() {
        if (line == 0) {
            return file + ": " + message;
        }
        return file + ":" + line + (column == 0 ? "" : ":" + column) + ": " + message;
    }
}
