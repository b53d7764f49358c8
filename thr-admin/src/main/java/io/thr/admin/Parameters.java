package io.thr.admin;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The parameters of a query, each once. Immutable. */
final class Parameters {

    /** As long as what names something may be. */
    private static final int LONGEST = 1000;

    private final Map<String, String> values;

    private Parameters(Map<String, String> values) {
        this.values = values;
    }

    /** What is wrong with a query, for its sender. */
    static final class WrongException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        WrongException(String message) {
            super(message);
        }
    }

    /**
     * Those of that query.
     *
     * @throws WrongException where it is none
     */
    static Parameters of(@Nullable String query) {
        Map<String, String> values = new LinkedHashMap<>();
        if (query == null || query.isEmpty()) {
            return new Parameters(values);
        }
        for (String part : query.split("&", -1)) {
            int equals = part.indexOf('=');
            String name = decoded(equals < 0 ? part : part.substring(0, equals));
            String value = equals < 0 ? "" : decoded(part.substring(equals + 1));
            if (values.putIfAbsent(name, value) != null) {
                throw new WrongException("a parameter stands there twice");
            }
        }
        return new Parameters(values);
    }

    private static String decoded(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '+') {
                bytes.write(' ');
            } else if (c != '%') {
                bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
            } else {
                int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
                int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw new WrongException("a percent sign without two hexadecimal digits behind it");
                }
                bytes.write(high * 16 + low);
                i += 2;
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new WrongException("a parameter that is not UTF-8");
        }
    }

    /** All of them. */
    Map<String, String> all() {
        return values;
    }

    /** A name that must be there. */
    String required(String name) {
        String value = values.getOrDefault(name, "");
        if (value.isEmpty() || value.length() > LONGEST) {
            throw new WrongException(name + ": " + (value.isEmpty() ? "missing" : "too long") + " (expected: 1 to "
                    + LONGEST + " characters)");
        }
        return value;
    }

    /** A name that may be there. */
    Optional<String> optional(String name) {
        return values.containsKey(name) ? Optional.of(required(name)) : Optional.empty();
    }

    /** A whole number of that range that must be there. */
    long number(String name, long min, long max) {
        String text = required(name);
        try {
            long number = Long.parseLong(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw wrong(name, min, max);
        }
        throw wrong(name, min, max);
    }

    /** The same, or another where it is not there. */
    long number(String name, long min, long max, long otherwise) {
        return values.containsKey(name) ? number(name, min, max) : otherwise;
    }

    private static WrongException wrong(String name, long min, long max) {
        return new WrongException(name + ": wrong (expected: a whole number from " + min + " to " + max + ")");
    }
}
