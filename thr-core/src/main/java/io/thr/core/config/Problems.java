package io.thr.core.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/** The problems found in one file so far; the same one is kept once, however often its value is read. For one thread. */
final class Problems {

    private final String file;
    private final Set<Problem> found = new LinkedHashSet<>();

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

    List<Problem> inReadingOrder() {
        return found.stream().sorted().toList();
    }

    void throwIfAny() {
        if (!found.isEmpty()) {
            throw new ConfigException(inReadingOrder());
        }
    }
}
