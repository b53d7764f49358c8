package io.thr.demo.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The field lines of a message in the order they came. */
record Fields(List<Line> lines) {

    static final Fields NONE = new Fields(List.of());

    /** One field line: the name as it was written, the value without the blanks around it. */
    record Line(String name, String value) {

        boolean isNamed(String other) {
            return name.equalsIgnoreCase(other);
        }

        /** As it is compared: names are the same in either case (RFC 9110 §5.1). */
        @Override
        public String toString() {
            return name.toLowerCase(Locale.ROOT) + ": " + value;
        }
    }

    Fields {
        lines = List.copyOf(lines);
    }

    List<String> all(String name) {
        return lines.stream()
                .filter(line -> line.isNamed(name))
                .map(Line::value)
                .toList();
    }

    boolean has(String name) {
        return lines.stream().anyMatch(line -> line.isNamed(name));
    }

    /** The members of a list-based field, in lower case. */
    Set<String> members(String name) {
        Set<String> members = new TreeSet<>();
        for (String value : all(name)) {
            Arrays.stream(value.split(",", -1))
                    .map(member -> member.strip().toLowerCase(Locale.ROOT))
                    .filter(member -> !member.isEmpty())
                    .forEach(members::add);
        }
        return members;
    }

    /** Those that are not named so, in whatever case. */
    Fields without(Set<String> lowerCaseNames) {
        return where(line -> !lowerCaseNames.contains(line.name().toLowerCase(Locale.ROOT)));
    }

    Fields where(Predicate<Line> condition) {
        return new Fields(lines.stream().filter(condition).toList());
    }

    /** As they are compared: by name, those of one name in their order (RFC 9110 §5.3). */
    List<String> sorted() {
        List<Line> sorted = new ArrayList<>(lines);
        sorted.sort((one, other) -> one.name().compareToIgnoreCase(other.name()));
        return sorted.stream().map(Line::toString).toList();
    }
}
