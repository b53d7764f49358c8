package io.thr.core.match;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a text is compared with: an exact string, a list, a glob, a regular expression, or their opposite.
 *
 * <p>Compiled when it is made, immutable, so threads may share it. Its text shows what was written.
 */
public sealed interface TextPattern
        permits TextPattern.Any, TextPattern.Exact, TextPattern.AnyOf, Glob, TextPattern.Regexp, TextPattern.Diff {

    /** Whether the text matches. */
    boolean matches(String text);

    /**
     * What every text that matches begins with, so that an index can find the pattern by the text; empty where that
     * cannot be said.
     */
    default String literalPrefix() {
        return "";
    }

    /** The patterns of which one must match: the members of a list, else this pattern alone. */
    default List<TextPattern> alternatives() {
        return List.of(this);
    }

    /** Every text, however it reads. */
    static TextPattern any() {
        return Any.EVERY_TEXT;
    }

    /** Exactly this text. */
    static TextPattern exact(String text) {
        return new Exact(text);
    }

    /**
     * Any of these texts.
     *
     * @throws IllegalArgumentException where there is none
     */
    static TextPattern exact(String... texts) {
        return anyOf(each(texts, "text").map(TextPattern::exact).toList());
    }

    /**
     * Any of these patterns. Lists in the list are made flat.
     *
     * @throws IllegalArgumentException where there is none
     */
    static TextPattern anyOf(List<? extends TextPattern> patterns) {
        if (patterns.isEmpty()) {
            throw new IllegalArgumentException("patterns: none (expected: at least one)");
        }
        return patterns.size() == 1 ? patterns.get(0) : AnyOf.of(patterns);
    }

    /**
     * Any of these globs: {@code *} is any text, also one with a slash, {@code ?} one character, {@code [a-z]} one of
     * these, {@code [!a-z]} one of the others; {@code [*]} stands for the star itself. Case counts. These are the rules
     * of Python's {@code fnmatch}, which the original uses.
     *
     * @throws IllegalArgumentException where there is none
     */
    static TextPattern glob(String... globs) {
        return anyOf(each(globs, "glob").map(Glob::of).toList());
    }

    /**
     * Any of these regular expressions ({@link Pattern}). The text must match from its beginning, and may go on after
     * the match: {@code a.} matches {@code abc}; write {@code a.$} to match to the end.
     *
     * @throws IllegalArgumentException where there is none, or one cannot be read
     */
    static TextPattern regexp(String... regexps) {
        return anyOf(each(regexps, "regexp").map(Regexp::of).toList());
    }

    /**
     * Every text but these.
     *
     * @throws IllegalArgumentException where there is none
     */
    static TextPattern diff(String... texts) {
        return new Diff(new LinkedHashSet<>(each(texts, "text").toList()));
    }

    private static Stream<String> each(String[] texts, String what) {
        if (texts.length == 0) {
            throw new IllegalArgumentException(what + "s: none (expected: at least one)");
        }
        return Arrays.stream(texts);
    }

    /** Every text. */
    enum Any implements TextPattern {
        /** The only one of its kind. */
        EVERY_TEXT;

        @Override
        public boolean matches(String text) {
            return true;
        }

        @Override
        public String toString() {
            return "any()";
        }
    }

    /**
     * One text.
     *
     * @param text the text
     */
    record Exact(String text) implements TextPattern {

        @Override
        public boolean matches(String other) {
            return text.equals(other);
        }

        @Override
        public String literalPrefix() {
            return text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * A list. Its exact texts are looked up, not compared one by one.
     *
     * @param texts the exact texts in the list
     * @param others the other patterns in the list
     */
    record AnyOf(Set<String> texts, List<TextPattern> others) implements TextPattern {

        /** Copies both. */
        public AnyOf {
            texts = Collections.unmodifiableSet(new LinkedHashSet<>(texts));
            others = List.copyOf(others);
        }

        private static AnyOf of(List<? extends TextPattern> patterns) {
            Set<String> texts = new LinkedHashSet<>();
            List<TextPattern> others = new ArrayList<>();
            for (TextPattern pattern : patterns) {
                for (TextPattern alternative : pattern.alternatives()) {
                    if (alternative instanceof Exact exact) {
                        texts.add(exact.text());
                    } else {
                        others.add(alternative);
                    }
                }
            }
            return new AnyOf(texts, others);
        }

        @Override
        public boolean matches(String text) {
            if (texts.contains(text)) {
                return true;
            }
            for (int i = 0; i < others.size(); i++) {
                if (others.get(i).matches(text)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public List<TextPattern> alternatives() {
            List<TextPattern> all = new ArrayList<>();
            texts.forEach(text -> all.add(new Exact(text)));
            all.addAll(others);
            return all;
        }

        @Override
        public String toString() {
            return alternatives().toString();
        }
    }

    /**
     * A regular expression, anchored at its beginning only.
     *
     * @param pattern the expression
     */
    record Regexp(Pattern pattern) implements TextPattern {

        private static Regexp of(String regexp) {
            try {
                return new Regexp(Pattern.compile(regexp));
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(
                        "regexp: " + regexp + " (expected: a regular expression; " + e.getDescription() + " at "
                                + (e.getIndex() + 1) + ")",
                        e);
            }
        }

        @Override
        public boolean matches(String text) {
            return pattern.matcher(text).lookingAt();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Regexp that
                    && pattern.pattern().equals(that.pattern.pattern())
                    && pattern.flags() == that.pattern.flags();
        }

        @Override
        public int hashCode() {
            return pattern.pattern().hashCode();
        }

        @Override
        public String toString() {
            return "regexp(" + pattern + ")";
        }
    }

    /**
     * Every text but some.
     *
     * @param texts the texts that do not match
     */
    record Diff(Set<String> texts) implements TextPattern {

        /** Copies the set. */
        public Diff {
            texts = Collections.unmodifiableSet(new LinkedHashSet<>(texts));
        }

        @Override
        public boolean matches(String text) {
            return !texts.contains(text);
        }

        @Override
        public String toString() {
            return "diff(" + String.join(", ", texts) + ")";
        }
    }
}
