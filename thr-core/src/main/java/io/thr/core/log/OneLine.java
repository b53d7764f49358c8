package io.thr.core.log;

/**
 * Makes of any text one that stays on its line: control characters, and what else ends a line for some reader, are written as in
 * Java's strings. So nobody can begin a line of a log by what he sends.
 */
public final class OneLine {

    private OneLine() {}

    /** The text as one line. */
    public static String of(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isControl(text.charAt(i))) {
                return escaped(text, i);
            }
        }
        return text;
    }

    private static String escaped(String text, int from) {
        StringBuilder line = new StringBuilder(text.length() + 16).append(text, 0, from);
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isControl(c)) {
                escape(c, line);
            } else {
                line.append(c);
            }
        }
        return line.toString();
    }

    /** Whether it may end a line, move the cursor of a terminal, or turn the direction in which text runs. */
    public static boolean isControl(char c) {
        return c < ' '
                || (c >= 0x7F && c <= 0x9F)
                || c == '\u2028'
                || c == '\u2029'
                || Character.getType(c) == Character.FORMAT;
    }

    /** Appends what is written in the place of such a character. */
    public static void escape(char c, StringBuilder to) {
        switch (c) {
            case '\n' -> to.append("\\n");
            case '\r' -> to.append("\\r");
            case '\t' -> to.append("\\t");
            default -> to.append(String.format("\\u%04x", (int) c));
        }
    }
}
