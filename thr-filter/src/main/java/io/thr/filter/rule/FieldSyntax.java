package io.thr.filter.rule;

import io.thr.core.match.CanonicalPath;

/**
 * What may stand where in a request, checked before a rule puts it there: else a rule that copies a header could be made
 * to write a second one. Each check gives back what it was given, or throws IllegalArgumentException.
 */
final class FieldSyntax {

    private FieldSyntax() {}

    /** A token (RFC 9110 §5.6.2). */
    static String token(String what, String text) {
        if (text.isEmpty() || !text.chars().allMatch(FieldSyntax::isTokenCharacter)) {
            throw new IllegalArgumentException(
                    what + ": " + shown(text) + " (expected: letters, digits, !#$%&'*+-.^_`|~)");
        }
        return text;
    }

    /** A header's name. */
    static String name(String text) {
        return token("header name", text);
    }

    /** A header's value: no control character but the tab, nothing above one byte (RFC 9110 §5.5). */
    static String value(String name, String text) {
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            if ((character < ' ' && character != '\t') || character == 0x7f || character > 0xff) {
                throw new IllegalArgumentException(
                        name + ": " + shown(text) + " (expected: no control characters, and none above U+00FF)");
            }
        }
        return text;
    }

    /** A raw path; gives its canonical form. */
    static String path(String rawPath) {
        if (!rawPath.startsWith("/")) {
            throw new IllegalArgumentException("path: " + shown(rawPath) + " (expected: a path that begins with /)");
        }
        if (rawPath.indexOf('?') >= 0 || rawPath.indexOf('#') >= 0) {
            throw new IllegalArgumentException("path: " + shown(rawPath) + " (expected: no ? and no #)");
        }
        CanonicalPath path = CanonicalPath.of(rawPath);
        if (path instanceof CanonicalPath.Canonical canonical) {
            return canonical.path();
        }
        throw new IllegalArgumentException("path: " + shown(rawPath) + " (expected: an unambiguous path; it has "
                + ((CanonicalPath.Ambiguous) path).reason() + ")");
    }

    /** A host, with or without port. */
    static String host(String text) {
        if (text.isEmpty() || !text.chars().allMatch(c -> c > ' ' && c < 0x7f && "/?#@\\\"<>".indexOf(c) < 0)) {
            throw new IllegalArgumentException("host: " + shown(text) + " (expected: a host, or host:port)");
        }
        return text;
    }

    /** A raw query. */
    static String query(String text) {
        if (!text.chars().allMatch(c -> c > ' ' && c != 0x7f && c <= 0xff && c != '#')) {
            throw new IllegalArgumentException(
                    "query_string: " + shown(text) + " (expected: no blanks, no control characters, no #)");
        }
        return text;
    }

    static String notEmpty(String what, String text) {
        if (text.isBlank() || text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(what + ": " + shown(text) + " (expected: not empty)");
        }
        return text;
    }

    static int port(int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("redis_port: " + port + " (expected: 1 to 65535)");
        }
        return port;
    }

    static int status(int status) {
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("status_code: " + status + " (expected: 200 to 599)");
        }
        return status;
    }

    /** The text as a message may show it: control characters as escapes, not endless. */
    static String shown(String text) {
        if (text.isEmpty()) {
            return "\"\"";
        }
        StringBuilder shown = new StringBuilder();
        text.chars().limit(200).forEach(c -> {
            if (c < ' ' || c == 0x7f) {
                shown.append(String.format("\\u%04x", c));
            } else {
                shown.append((char) c);
            }
        });
        return text.length() > 200 ? shown.append('…').toString() : shown.toString();
    }

    private static boolean isTokenCharacter(int c) {
        return (c >= '0' && c <= '9')
                || (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }
}
