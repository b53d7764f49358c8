package io.thr.filter.rate;

/** Writes what structured fields consist of. */
final class StructuredFields {

    private StructuredFields() {}

    /**
     * A String (RFC 9651 §4.1.6), with its quotes.
     *
     * @throws IllegalArgumentException where the text has anything but printable ASCII, which no String can hold
     */
    static String string(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                throw new IllegalArgumentException(
                        String.format("structured field: U+%04X at %d (expected: printable ASCII)", (int) c, i));
            }
            if (c == '"' || c == '\\') {
                quoted.append('\\');
            }
            quoted.append(c);
        }
        return quoted.append('"').toString();
    }
}
