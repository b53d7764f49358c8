package io.thr.core.source;

import io.thr.core.config.Problem;
import java.util.List;

/** A class of the user's that cannot be used, and why; where it is in a source file, what is wrong there. */
final class UnusableClassException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient List<Problem> inFile;

    UnusableClassException(String message, List<Problem> inFile) {
        super(message);
        this.inFile = inFile;
    }

    List<Problem> inFile() {
        return inFile;
    }
}
