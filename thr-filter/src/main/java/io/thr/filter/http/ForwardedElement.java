package io.thr.filter.http;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An element of {@code Forwarded} (RFC 7239 §4): {@code for="[2001:db8::1]:80";proto=https}. Its parameters stand between
 * semicolons, their values are tokens or quoted strings (RFC 9110 §5.6). Many write colons and brackets without the quotes
 * that they need, or blanks beside a semicolon; both are read.
 */
final class ForwardedElement {

    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern UNQUOTED = Pattern.compile("[!-~&&[^\",\\\\]]+");

    private ForwardedElement() {}

    /** The value of the parameter {@code for}; nothing where it is missing or comes twice, or the element is malformed. */
    static Optional<String> node(String element) {
        String node = null;
        int start = 0;
        while (start <= element.length()) {
            int end = semicolonAfter(element, start);
            String pair = ForwardedHops.trimmed(element, start, end);
            start = end + 1;
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            String name = pair.substring(0, Math.max(equals, 0));
            Optional<String> value = valueOf(pair.substring(equals + 1));
            if (!NAME.matcher(name).matches() || value.isEmpty()) {
                return Optional.empty();
            }
            if (name.equalsIgnoreCase("for")) {
                if (node != null) {
                    return Optional.empty();
                }
                node = value.get();
            }
        }
        return Optional.ofNullable(node);
    }

    /** The first semicolon from there on which is in no quoted string, or the end. */
    private static int semicolonAfter(String element, int start) {
        boolean quoted = false;
        for (int i = start; i < element.length(); i++) {
            char c = element.charAt(i);
            if (c == ';' && !quoted) {
                return i;
            }
            if (c == '"') {
                quoted = !quoted;
            } else if (c == '\\' && quoted) {
                i++;
            }
        }
        return element.length();
    }

    /** What a value stands for: a quoted string without its quotes and escapes. */
    private static Optional<String> valueOf(String written) {
        if (!written.startsWith("\"")) {
            return Optional.of(written).filter(token -> UNQUOTED.matcher(token).matches());
        }
        StringBuilder value = new StringBuilder();
        for (int i = 1; i < written.length(); i++) {
            char c = written.charAt(i);
            if (c == '"') {
                return i == written.length() - 1 ? Optional.of(value.toString()) : Optional.empty();
            }
            if (c == '\\' && i < written.length() - 1) {
                i++;
            }
            value.append(written.charAt(i));
        }
        return Optional.empty();
    }
}
