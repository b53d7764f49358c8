package io.thr.core.limit;

import io.thr.core.match.TextPattern;
import io.thr.core.message.RequestMessage;
import org.jspecify.annotations.Nullable;

/**
 * How many requests of a kind may run at the same time, over all dispatchers of a bus. Checked when it is made.
 *
 * @param name 1 to 128 characters, none below the blank, without {@code ==} and not ending with {@code =}; names its
 *     counter on the bus and in the statistics
 * @param hash what of a request is looked at; a request that has none is not limited
 * @param value which hashes it limits
 * @param max how many, 0 to 1,000,000; 0: none runs, all wait
 * @param showInStats whether the stats file shows it
 */
public record MaxLimit(String name, RequestHash hash, Value value, int max, boolean showInStats) {

    /** How long a name can be, in characters. */
    public static final int MAX_NAME_LENGTH = 128;

    /** The highest maximum. */
    public static final int LARGEST_MAX = 1_000_000;

    private static final String BETWEEN_NAME_AND_VALUE = "==";

    /** Checks the parts. */
    public MaxLimit {
        checkedName(name);
        if (max < 0 || max > LARGEST_MAX) {
            throw new IllegalArgumentException("max: " + max + " (expected: 0 to " + LARGEST_MAX + ")");
        }
    }

    /** Which hashes a limit limits. */
    public sealed interface Value {}

    /**
     * Those that match, which share one counter.
     *
     * @param pattern what they match
     */
    public record Exactly(TextPattern pattern) implements Value {}

    /** Every hash, each with a counter of its own. */
    public record Dynamic() implements Value {}

    /** Every hash, each with a counter of its own. */
    public static Value dynamic() {
        return new Dynamic();
    }

    /**
     * One of these hashes; they share one counter.
     *
     * @throws IllegalArgumentException where there is none
     */
    public static Value exactly(String... hashes) {
        return new Exactly(TextPattern.exact(hashes));
    }

    /** The hashes that match; they share one counter. */
    public static Value exactly(TextPattern pattern) {
        return new Exactly(pattern);
    }

    /** Gives the name back where it can be a limit's. */
    public static String checkedName(String name) {
        // A name that ends with = would blur where the value begins
        if (name.isEmpty()
                || name.length() > MAX_NAME_LENGTH
                || name.contains(BETWEEN_NAME_AND_VALUE)
                || name.endsWith("=")
                || name.chars().anyMatch(c -> c < ' ')) {
            throw new IllegalArgumentException("name: '" + shown(name) + "' (expected: 1 to " + MAX_NAME_LENGTH
                    + " characters, without ==, not ending with =, none below the blank)");
        }
        return name;
    }

    /** The name of the limit that a counter belongs to: the counter itself, or what stands before {@code ==}. */
    public static String nameOf(String counter) {
        int end = counter.indexOf(BETWEEN_NAME_AND_VALUE);
        return end < 0 ? counter : counter.substring(0, end);
    }

    /** Whether each value has a counter of its own. */
    public boolean isDynamic() {
        return value instanceof Dynamic;
    }

    /** What counts that request: the limit's name, or {@code name==value}; null where it is not limited. */
    @Nullable
    String counter(RequestMessage request) {
        String found = hash.hash(request);
        if (found == null) {
            return null;
        }
        if (value instanceof Exactly exactly) {
            return exactly.pattern().matches(found) ? name : null;
        }
        return name + BETWEEN_NAME_AND_VALUE + BoundedText.of(found);
    }

    private static String shown(String name) {
        String cut = name.length() > MAX_NAME_LENGTH ? name.substring(0, MAX_NAME_LENGTH) + "…" : name;
        return cut.replaceAll("[\\x00-\\x1f]", "?");
    }
}
