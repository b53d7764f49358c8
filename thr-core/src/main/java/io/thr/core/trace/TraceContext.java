package io.thr.core.trace;

import io.thr.core.message.Headers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where in a trace something happens, as the fields of W3C Trace Context say it.
 *
 * @param traceparent valid, or empty where there is no trace
 * @param tracestate what vendors add; empty where there is none
 */
public record TraceContext(String traceparent, String tracestate) {

    /** The field that names trace and span. */
    public static final String TRACEPARENT = "traceparent";

    /** The field that vendors fill. */
    public static final String TRACESTATE = "tracestate";

    /** No trace. */
    public static final TraceContext NONE = new TraceContext("", "");

    /** More is not looked at, so that it cannot cost much. */
    private static final int LONGEST = 512;

    private static final int LENGTH = 55;
    private static final int TRACE_ID = 3;
    private static final int SPAN_ID = 36;
    private static final int FLAGS = 53;

    /** What these fields say; none where they say nothing, say it twice, or nothing that is right (W3C Trace Context §3.2). */
    public static TraceContext of(Headers headers) {
        if (!headers.contains(TRACEPARENT)) {
            return NONE;
        }
        List<String> said = headers.all(TRACEPARENT);
        return said.size() == 1 ? of(said.get(0), headers) : NONE;
    }

    /** The same with the traceparent from elsewhere; null: those fields say it. */
    public static TraceContext of(@Nullable String traceparent, Headers headers) {
        if (traceparent == null) {
            return of(headers);
        }
        return isValid(traceparent) ? new TraceContext(traceparent, String.join(",", headers.all(TRACESTATE))) : NONE;
    }

    /** Whether a trace is named so: of version 00, or of a later one that begins like it (§3.2.2). */
    public static boolean isValid(String traceparent) {
        int length = traceparent.length();
        if (length < LENGTH || length > LONGEST) {
            return false;
        }
        boolean right = isHex(traceparent, 0, 2)
                && traceparent.charAt(TRACE_ID - 1) == '-'
                && isId(traceparent, TRACE_ID, SPAN_ID - 1)
                && traceparent.charAt(SPAN_ID - 1) == '-'
                && isId(traceparent, SPAN_ID, FLAGS - 1)
                && traceparent.charAt(FLAGS - 1) == '-'
                && isHex(traceparent, FLAGS, LENGTH);
        if (!right || traceparent.startsWith("ff")) {
            return false;
        }
        return length == LENGTH
                || (!traceparent.startsWith("00") && traceparent.charAt(LENGTH) == '-' && isVisible(traceparent));
    }

    private static boolean isId(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text.charAt(i) != '0') {
                return isHex(text, from, to);
            }
        }
        return false;
    }

    private static boolean isHex(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isVisible(String text) {
        return text.chars().allMatch(c -> c > ' ' && c < 0x7F);
    }

    /** Whether there is no trace. */
    public boolean isNone() {
        return traceparent.isEmpty();
    }

    /** These fields, saying this; as they are where there is no trace to tell of. */
    public Headers in(Headers headers) {
        if (isNone()) {
            return headers;
        }
        Headers.Builder changed = headers.edit().set(TRACEPARENT, traceparent);
        return (tracestate.isEmpty() ? changed.remove(TRACESTATE) : changed.set(TRACESTATE, tracestate)).build();
    }
}
