package io.thr.dispatcher;

import io.thr.core.log.OneLine;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of the access log, in logfmt: {@code key=value}, in quotation marks where a value holds more than plain characters.
 * Whatever a client or an upstream has sent, it stays in its value and on its line.
 *
 * @param time when the exchange ended
 * @param request its id; null where it could not be read
 * @param queue where it waited
 * @param method null where it could not be read
 * @param waitMillis from its creation until it was begun, or ended without that; null where that is not known
 * @param runMillis from its begin to its end; null where it was not begun
 * @param attempt which execution it was; 0 where it could not be read
 * @param counters what counted it
 * @param server which of the upstream's servers was called last; null where none was
 * @param status of the response; 0 where there was none
 */
record AccessEntry(
        Instant time,
        @Nullable String request,
        String queue,
        @Nullable String method,
        @Nullable Long waitMillis,
        @Nullable Long runMillis,
        int attempt,
        List<String> counters,
        @Nullable String server,
        int status,
        RouteMeters.Outcome outcome) {

    private static final int LONGEST = 512;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

    /** Appends the line and its end. */
    void appendTo(StringBuilder to) {
        to.append("time=").append(TIME.format(time));
        append(to, "request", request);
        append(to, "queue", queue);
        append(to, "method", method);
        append(to, "wait_ms", waitMillis);
        append(to, "run_ms", runMillis);
        append(to, "attempt", attempt == 0 ? null : attempt);
        append(to, "counters", counters.isEmpty() ? null : String.join(",", counters));
        append(to, "server", server);
        append(to, "status", status == 0 ? null : status);
        append(to, "outcome", outcome.label());
        to.append('\n');
    }

    private static void append(StringBuilder to, String key, @Nullable Object value) {
        to.append(' ').append(key).append('=');
        if (value == null) {
            to.append('-');
            return;
        }
        String text = value.toString();
        String bounded = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
        if (isPlain(bounded)) {
            to.append(bounded);
        } else {
            quote(bounded, to);
        }
    }

    /** Counters such as {@code by_user==bob} hold an equals sign, and are quoted for that. */
    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') {
                return false;
            }
        }
        return !text.isEmpty() && !text.equals("-");
    }

    private static void quote(String text, StringBuilder to) {
        to.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                to.append('\\').append(c);
            } else if (OneLine.isControl(c) || Character.isSurrogate(c)) {
                OneLine.escape(c, to);
            } else {
                to.append(c);
            }
        }
        to.append('"');
    }
}
