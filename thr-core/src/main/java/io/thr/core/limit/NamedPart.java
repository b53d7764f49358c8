package io.thr.core.limit;

import io.thr.core.message.Headers;
import io.thr.core.message.RequestMessage;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A part that a request has many of, by its name. */
record NamedPart(Kind kind, String name) implements RequestHash {

    enum Kind {
        HEADER,
        QUERY,
        COOKIE
    }

    NamedPart {
        switch (kind) {
            case HEADER -> checkFieldName(name);
            case QUERY -> check("query", name, !name.isEmpty(), "the name of a query argument");
            case COOKIE -> check("cookie", name, isCookieName(name), "the name of a cookie, without blanks, = and ;");
        }
    }

    private static void checkFieldName(String name) {
        var unused = new Headers.Field(name, "");
    }

    private static boolean isCookieName(String name) {
        return !name.isEmpty() && name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '=' && c != ';');
    }

    private static void check(String what, String name, boolean right, String expected) {
        if (!right) {
            throw new IllegalArgumentException(what + ": '" + name + "' (expected: " + expected + ")");
        }
    }

    @Override
    public @Nullable String hash(RequestMessage request) {
        return switch (kind) {
            case HEADER -> request.headers().first(name);
            case QUERY -> request.queryArgument(name);
            case COOKIE -> request.cookie(name);
        };
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + " " + name;
    }
}
