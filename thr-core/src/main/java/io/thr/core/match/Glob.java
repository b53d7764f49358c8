package io.thr.core.match;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A shell pattern as Python's {@code fnmatch} reads it.
 *
 * <p>The pattern is compiled to a list of tokens, one for each character it asks for, with a mark for each star.
 * Matching walks text and tokens side by side; at a mismatch it goes back to the last star only and lets it swallow one
 * character more. Earlier stars need never be tried again, because what lies between them has been found at its
 * earliest place. So the cost is at most text × pattern, whatever the pattern, where a regular expression may explode.
 */
final class Glob implements TextPattern {

    private final String glob;
    private final List<Token> tokens;
    private final String literalPrefix;

    private Glob(String glob, List<Token> tokens) {
        this.glob = glob;
        this.tokens = tokens;
        this.literalPrefix = leadingLiterals(tokens);
    }

    /** The pattern compiled; an {@link Exact} where it has nothing that is special. */
    static TextPattern of(String glob) {
        List<Token> tokens = compile(glob);
        String literal = leadingLiterals(tokens);
        return literal.codePointCount(0, literal.length()) == tokens.size()
                ? TextPattern.exact(literal)
                : new Glob(glob, tokens);
    }

    @Override
    public boolean matches(String text) {
        int length = text.length();
        int at = 0;
        int token = 0;
        int afterStar = -1;
        int starEnd = 0;
        while (at < length || token < tokens.size()) {
            if (token < tokens.size()) {
                Token next = tokens.get(token);
                if (next == Star.ANY_TEXT) {
                    afterStar = ++token;
                    if (afterStar == tokens.size()) {
                        return true;
                    }
                    starEnd = at;
                    continue;
                }
                if (at < length) {
                    int character = text.codePointAt(at);
                    if (next.accepts(character)) {
                        at += Character.charCount(character);
                        token++;
                        continue;
                    }
                }
            }
            if (afterStar < 0 || starEnd >= length) {
                return false;
            }
            starEnd += Character.charCount(text.codePointAt(starEnd));
            at = starEnd;
            token = afterStar;
        }
        return true;
    }

    @Override
    public String literalPrefix() {
        return literalPrefix;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Glob that && glob.equals(that.glob);
    }

    @Override
    public int hashCode() {
        return glob.hashCode();
    }

    @Override
    public String toString() {
        return "glob(" + glob + ")";
    }

    private static String leadingLiterals(List<Token> tokens) {
        StringBuilder literals = new StringBuilder();
        for (Token token : tokens) {
            if (!(token instanceof Literal literal)) {
                break;
            }
            literals.appendCodePoint(literal.character());
        }
        return literals.toString();
    }

    private static List<Token> compile(String glob) {
        List<Token> tokens = new ArrayList<>();
        int at = 0;
        while (at < glob.length()) {
            int character = glob.codePointAt(at);
            at += Character.charCount(character);
            switch (character) {
                case '*' -> {
                    if (tokens.isEmpty() || tokens.get(tokens.size() - 1) != Star.ANY_TEXT) {
                        tokens.add(Star.ANY_TEXT);
                    }
                }
                case '?' -> tokens.add(One.ANY_CHARACTER);
                case '[' -> {
                    int end = endOfSet(glob, at);
                    if (end < 0) {
                        tokens.add(new Literal('['));
                    } else {
                        tokens.add(CharacterSet.of(glob.substring(at, end)));
                        at = end + 1;
                    }
                }
                default -> tokens.add(new Literal(character));
            }
        }
        return List.copyOf(tokens);
    }

    /** Where the bracket closes; one that comes first, or first after the exclamation mark, stands for itself. */
    private static int endOfSet(String glob, int start) {
        int first = start < glob.length() && glob.charAt(start) == '!' ? start + 1 : start;
        return first < glob.length() ? glob.indexOf(']', first + 1) : -1;
    }

    private sealed interface Token {
        boolean accepts(int character);
    }

    private enum Star implements Token {
        ANY_TEXT;

        @Override
        public boolean accepts(int character) {
            return true;
        }
    }

    private enum One implements Token {
        ANY_CHARACTER;

        @Override
        public boolean accepts(int character) {
            return true;
        }
    }

    private record Literal(int character) implements Token {

        @Override
        public boolean accepts(int other) {
            return character == other;
        }
    }

    /** @param bounds first and last character of each range, in turn */
    private record CharacterSet(boolean negated, int[] bounds) implements Token {

        static CharacterSet of(String set) {
            boolean negated = set.startsWith("!");
            int[] characters = set.substring(negated ? 1 : 0).codePoints().toArray();
            List<Integer> bounds = new ArrayList<>();
            int at = 0;
            while (at < characters.length) {
                boolean range = at + 2 < characters.length && characters[at + 1] == '-';
                bounds.add(characters[at]);
                bounds.add(characters[range ? at + 2 : at]);
                at += range ? 3 : 1;
            }
            return new CharacterSet(
                    negated, bounds.stream().mapToInt(Integer::intValue).toArray());
        }

        @Override
        public boolean accepts(int character) {
            for (int i = 0; i < bounds.length; i += 2) {
                if (bounds[i] <= character && character <= bounds[i + 1]) {
                    return !negated;
                }
            }
            return negated;
        }
    }
}
