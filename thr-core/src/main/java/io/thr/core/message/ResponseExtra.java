package io.thr.core.message;

import org.jspecify.annotations.Nullable;

/**
 * What a response message says of itself beside its HTTP. A value out of its range is an
 * {@link IllegalArgumentException}.
 *
 * @param requestId the request it answers, 32 hexadecimal digits; null from the original, whose response key tells it
 * @param queueMillis from the request's creation to the call of the upstream, or null
 * @param upstreamMillis how long the upstream took, or null
 * @param attempt which execution gave it, from 1; null from the original
 * @param dispatcher the member that gave it, 1 to 256 visible characters, or null
 * @param more whether further messages of the same response follow on the key
 */
public record ResponseExtra(
        @Nullable String requestId,
        @Nullable Long queueMillis,
        @Nullable Long upstreamMillis,
        @Nullable Integer attempt,
        @Nullable String dispatcher,
        boolean more) {

    /** Nothing said, as the original does. */
    public static final ResponseExtra NONE = new ResponseExtra(null, null, null, null, null, false);

    /** Refuses a value out of its range. */
    public ResponseExtra {
        if (requestId != null) {
            Syntax.requestId(requestId);
        }
        notNegative("queue_ms", queueMillis);
        notNegative("upstream_ms", upstreamMillis);
        if (attempt != null && attempt < 1) {
            throw new IllegalArgumentException("attempt: " + attempt + " (expected: >= 1)");
        }
        if (dispatcher != null) {
            Syntax.visible("dispatcher", dispatcher, 1, 256);
        }
    }

    private static void notNegative(String what, @Nullable Long millis) {
        if (millis != null && millis < 0) {
            throw new IllegalArgumentException(what + ": " + millis + " (expected: >= 0)");
        }
    }
}
