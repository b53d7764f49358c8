package io.thr.dispatcher.config;

import java.nio.file.Path;

/** Where a line is written for each exchange that has ended. */
public sealed interface AccessLogPlace {

    /** Nowhere. */
    AccessLogPlace NOWHERE = new Nowhere();

    /** On the standard output. */
    AccessLogPlace STDOUT = new Stdout();

    /** Nothing is written. */
    record Nowhere() implements AccessLogPlace {}

    /** On the standard output. */
    record Stdout() implements AccessLogPlace {}

    /** At the end of that file, which is opened again when it has been moved away. */
    record File(Path path) implements AccessLogPlace {}

    /** That of {@code stdout}, or of the path of a file. */
    static AccessLogPlace parse(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("empty (expected: stdout, or the path of a file)");
        }
        return text.equals("stdout") ? STDOUT : new File(Path.of(text));
    }
}
