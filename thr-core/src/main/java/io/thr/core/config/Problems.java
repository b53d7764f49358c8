package io.thr.core.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * The problems found in one file so far, and in those it names; the same one is kept once, however often its value is
 * read. For one thread.
 */
final class Problems {

    private final String file;
    private final Set<Problem> found = new LinkedHashSet<>();
    private final Set<Problem> elsewhere = new LinkedHashSet<>();

    Problems(String file) {
        this.file = file;
    }

    Problems ofSameFile() {
        return new Problems(file);
    }

    void add(Node place, String message) {
        add(place.getStartMark(), message);
    }

    void add(Optional<Mark> place, String message) {
        found.add(place.map(mark -> new Problem(file, mark.getLine() + 1, mark.getColumn() + 1, message))
                .orElseGet(() -> Problem.ofFile(file, message)));
    }

    /** Adds what is wrong in a file that this one names. */
    void addElsewhere(List<Problem> problems) {
        elsewhere.addAll(problems);
    }

    List<Problem> inReadingOrder() {
        return Stream.concat(found.stream().sorted(), elsewhere.stream()).toList();
    }

    void throwIfAny() {
        if (!found.isEmpty()) {
            throw new ConfigException(inReadingOrder());
        }
    }
}
