package io.thr.core.message;

/**
 * The forms that the strings of a message must have, so that none can end a line, a field or a request target before
 * its end. Each check throws an {@link IllegalArgumentException} that names the place and what was expected; it never
 * shows the value, which may be a password.
 */
final class Syntax {

    private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";
    private static final boolean[] TOKEN = new boolean[128];

    static {
        for (char c = 0; c < TOKEN.length; c++) {
            TOKEN[c] = isDigit(c) || isLetter(c) || TOKEN_MARKS.indexOf(c) >= 0;
        }
    }

    private Syntax() {}

    /** A token of RFC 9110 §5.6.2: a method, the name of a field. */
    static void token(String what, String value, int maxLength) {
        length(what, value, 1, maxLength);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c >= TOKEN.length || !TOKEN[c]) {
                throw unexpected(what, value, i, "a token");
            }
        }
    }

    /** Bytes that may stand in a field's value, whatever they mean (RFC 9110 §5.5). */
    static void fieldValue(String fieldName, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c > 0xFF || c == '\r' || c == '\n' || c == 0) {
                throw unexpected("header " + fieldName, value, i, "no CR, LF, NUL, and nothing above U+00FF");
            }
        }
    }

    /** Bytes of a request target, as they came: neither blanks nor controls, and no fragment (RFC 9112 §3.2). */
    static void target(String what, String value, int maxLength) {
        length(what, value, 0, maxLength);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (!isVisible(c) || c == '#') {
                throw unexpected(what, value, i, "no blank, control or #, and nothing above U+00FF");
            }
        }
    }

    /** Bytes without blanks and controls: a host, the name of a key. */
    static void visible(String what, String value, int minLength, int maxLength) {
        length(what, value, minLength, maxLength);
        for (int i = 0; i < value.length(); i++) {
            if (!isVisible(value.charAt(i))) {
                throw unexpected(what, value, i, "no blank or control, and nothing above U+00FF");
            }
        }
    }

    /** The 128 bits of an id in hexadecimal. */
    static void requestId(String value) {
        length("request_id", value, 32, 32);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (!isDigit(c) && (c < 'a' || c > 'f') && (c < 'A' || c > 'F')) {
                throw unexpected("request_id", value, i, "32 hexadecimal digits");
            }
        }
    }

    /** A point in time as the original tells it. The upper bound, in the year 5138, catches milliseconds. */
    static void epochSeconds(String what, double value) {
        if (!(value >= 0 && value <= 1e11)) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: seconds since the epoch, 0 to 1e11)");
        }
    }

    /** A string that is neither empty nor boundless. */
    static void length(String what, CharSequence value, int min, int max) {
        if (value.length() < min || value.length() > max) {
            throw new IllegalArgumentException(
                    what + ": " + value.length() + " characters (expected: " + min + " to " + max + ")");
        }
    }

    private static boolean isVisible(char c) {
        return c > ' ' && c != 0x7F && c <= 0xFF;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static IllegalArgumentException unexpected(String what, String value, int index, String expected) {
        return new IllegalArgumentException(
                String.format("%s: U+%04X at %d (expected: %s)", what, (int) value.charAt(index), index, expected));
    }
}
