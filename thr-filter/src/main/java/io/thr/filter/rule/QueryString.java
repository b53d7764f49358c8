package io.thr.filter.rule;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A raw query and its arguments. A change touches the arguments it names; all others keep their bytes and their order.
 *
 * @param raw the query without question mark, or null where there is none; an empty one is not the same as none
 */
record QueryString(@Nullable String raw) {

    private static final QueryString NONE = new QueryString(null);

    static QueryString of(@Nullable String raw) {
        return raw == null ? NONE : new QueryString(raw);
    }

    /** As a rule sets it: nothing is no query. */
    static QueryString ofText(String raw) {
        return raw.isEmpty() ? NONE : new QueryString(raw);
    }

    List<String> values(String name) {
        List<String> values = new ArrayList<>();
        for (String argument : arguments()) {
            if (nameOf(argument).equals(name)) {
                values.add(valueOf(argument));
            }
        }
        return values;
    }

    QueryString add(String name, String value) {
        List<String> arguments = new ArrayList<>(arguments());
        arguments.add(argument(name, value));
        return joined(arguments);
    }

    QueryString set(String name, String value) {
        List<String> arguments = new ArrayList<>(arguments());
        int first = 0;
        while (first < arguments.size() && !nameOf(arguments.get(first)).equals(name)) {
            first++;
        }
        arguments.removeIf(argument -> nameOf(argument).equals(name));
        arguments.add(first, argument(name, value));
        return joined(arguments);
    }

    QueryString remove(String name, boolean caseInsensitive) {
        Predicate<String> named = caseInsensitive ? name::equalsIgnoreCase : name::equals;
        List<String> kept = new ArrayList<>(arguments());
        return kept.removeIf(argument -> named.test(nameOf(argument))) ? joined(kept) : this;
    }

    private List<String> arguments() {
        return raw == null || raw.isEmpty() ? List.of() : List.of(raw.split("&", -1));
    }

    private static QueryString joined(List<String> arguments) {
        return ofText(String.join("&", arguments));
    }

    private static String argument(String name, String value) {
        return encoded(name) + "=" + encoded(value);
    }

    private static String nameOf(String argument) {
        int equals = argument.indexOf('=');
        return decoded(equals < 0 ? argument : argument.substring(0, equals));
    }

    private static String valueOf(String argument) {
        int equals = argument.indexOf('=');
        return equals < 0 ? "" : decoded(argument.substring(equals + 1));
    }

    /** As a form encodes it, but with {@code %20} for a blank, which every reader understands. */
    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** What cannot be decoded is compared as it stands: a client's rubbish is no error of ours. */
    private static String decoded(String text) {
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
            return text;
        }
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }
}
