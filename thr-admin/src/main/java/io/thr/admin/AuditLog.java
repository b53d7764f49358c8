package io.thr.admin;

import static java.lang.System.Logger.Level.INFO;

import java.util.Map;
import java.util.TreeMap;

/**
 * One line for each change that somebody has asked for, under the logger's name {@value #NAME}: what, on what, from where, and
 * what came of it. Threads may share it.
 */
final class AuditLog {

    /** The logger's name. */
    static final String NAME = "io.thr.audit";

    private static final System.Logger LOG = System.getLogger(NAME);
    private static final int MOST = 200;

    /** Such as {@code pause queue="thr:queue:hello" from "127.0.0.1": done}. */
    void changed(String what, Map<String, String> on, String peer, String outcome) {
        StringBuilder line = new StringBuilder(what);
        new TreeMap<>(on)
                .forEach((name, value) ->
                        line.append(' ').append(name).append('=').append(quoted(value)));
        line.append(" from ").append(quoted(peer)).append(": ").append(outcome);
        LOG.log(INFO, "{0}", line);
    }

    /** In quotation marks, and so that it can neither end them nor its line, nor hide what follows. */
    static String quoted(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        value.codePoints().limit(MOST).forEach(point -> {
            if (point == '"' || point == '\\') {
                quoted.append('\\').appendCodePoint(point);
            } else if (isShown(point)) {
                quoted.appendCodePoint(point);
            } else {
                quoted.append(String.format("\\u{%x}", point));
            }
        });
        return quoted.append(value.codePointCount(0, value.length()) > MOST ? "…\"" : "\"")
                .toString();
    }

    private static boolean isShown(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
