package io.thr.core.message;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an HTTP header section, in the order they came, repeats kept, each name as it was written.
 *
 * <p>Names are compared without regard to case (RFC 9110 §5.1). A value is a string of ISO-8859-1 characters, one for
 * each byte on the wire. Immutable, so threads may share it; {@link #edit()} gives a changed copy. There are at most
 * {@link #MAX_FIELDS} fields of {@link #MAX_SIZE} bytes together: whoever makes more gets an
 * {@link IllegalArgumentException}.
 *
 * <p>{@link #toString()} shows the values, passwords and cookies among them: nothing for a log.
 */
public final class Headers implements Iterable<Headers.Field> {

    /** How many fields there can be: far more than servers accept by default. */
    public static final int MAX_FIELDS = 1_000;

    /** How many bytes the names and values of all fields can have together: 256 KiB. */
    public static final int MAX_SIZE = 256 * 1024;

    /** No field at all. */
    public static final Headers EMPTY = new Headers(List.of());

    private final List<Field> fields;

    private Headers(List<Field> fields) {
        this.fields = fields;
    }

    /**
     * One field line.
     *
     * @param name a token (RFC 9110 §5.6.2)
     * @param value any bytes but CR, LF and NUL; anything else is an {@link IllegalArgumentException}
     */
    public record Field(String name, String value) {

        /** Refuses what would end the line early, or is no field at all. */
        public Field {
            Syntax.token("header name", name, MAX_SIZE);
            Syntax.fieldValue(name, value);
        }

        private boolean isNamed(String other) {
            return name.equalsIgnoreCase(other);
        }
    }

    /** The fields given, in that order. */
    public static Headers of(List<Field> fields) {
        if (fields.isEmpty()) {
            return EMPTY;
        }
        if (fields.size() > MAX_FIELDS) {
            throw new IllegalArgumentException("headers: " + fields.size() + " (expected: <= " + MAX_FIELDS + ")");
        }
        List<Field> copy = List.copyOf(fields);
        long size = 0;
        for (Field field : copy) {
            size += field.name.length() + field.value.length();
        }
        if (size > MAX_SIZE) {
            throw new IllegalArgumentException("headers: " + size + " bytes (expected: <= " + MAX_SIZE + ")");
        }
        return new Headers(copy);
    }

    /** The names and values given in turn, for tests and constants: {@code of("Host", "a", "Accept", "b")}. */
    public static Headers of(String... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "namesAndValues: " + namesAndValues.length + " strings (expected: an even number)");
        }
        List<Field> fields = new ArrayList<>(namesAndValues.length / 2);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(new Field(namesAndValues[i], namesAndValues[i + 1]));
        }
        return of(fields);
    }

    /** The value of the first field of that name, or null where there is none. */
    public @Nullable String first(String name) {
        for (Field field : fields) {
            if (field.isNamed(name)) {
                return field.value;
            }
        }
        return null;
    }

    /** The values of all fields of that name, in order. */
    public List<String> all(String name) {
        return fields.stream()
                .filter(field -> field.isNamed(name))
                .map(Field::value)
                .toList();
    }

    /** How long the content is, as the first Content-Length tells (RFC 9110 §8.6); -1 where none does, or no number. */
    public long contentLength() {
        String length = first("Content-Length");
        try {
            return length == null ? -1 : Math.max(-1, Long.parseLong(length));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Whether a field of that name is there. */
    public boolean contains(String name) {
        return first(name) != null;
    }

    /** How many fields there are, repeats counted. */
    public int size() {
        return fields.size();
    }

    /** Whether there is no field. */
    public boolean isEmpty() {
        return fields.isEmpty();
    }

    /** The fields in order. */
    public Stream<Field> stream() {
        return fields.stream();
    }

    @Override
    public Iterator<Field> iterator() {
        return fields.iterator();
    }

    /** A builder that starts with these fields. */
    public Builder edit() {
        return new Builder(fields);
    }

    /** Whether the other has the same fields in the same order, the case of their names included. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Headers that && fields.equals(that.fields);
    }

    @Override
    public int hashCode() {
        return fields.hashCode();
    }

    @Override
    public String toString() {
        return fields.toString();
    }

    /** Changes a copy of the fields. For one thread. */
    public static final class Builder {

        private final List<Field> fields;

        private Builder(List<Field> fields) {
            this.fields = new ArrayList<>(fields);
        }

        /** Adds a field after all others. */
        public Builder add(String name, String value) {
            fields.add(new Field(name, value));
            return this;
        }

        /** Makes this the only field of that name, in the place of the first one or after all others. */
        public Builder set(String name, String value) {
            Field field = new Field(name, value);
            int first = 0;
            while (first < fields.size() && !fields.get(first).isNamed(name)) {
                first++;
            }
            if (first == fields.size()) {
                fields.add(field);
                return this;
            }
            fields.set(first, field);
            fields.subList(first + 1, fields.size()).removeIf(later -> later.isNamed(name));
            return this;
        }

        /** Removes every field of that name. */
        public Builder remove(String name) {
            fields.removeIf(field -> field.isNamed(name));
            return this;
        }

        /** Removes every field whose name, in lower case, is in the set. */
        public Builder removeAll(Set<String> lowerCaseNames) {
            fields.removeIf(field -> lowerCaseNames.contains(field.name.toLowerCase(Locale.ROOT)));
            return this;
        }

        /** The changed fields. */
        public Headers build() {
            return of(fields);
        }
    }
}
