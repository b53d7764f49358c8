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
 * @param more whether more of the same response follows on the key: its body in frames, or after an interim response the
 *     response itself
 * @param stream what the frames of the body call their stream; null where none follow
 */
public record ResponseExtra(
        @Nullable String requestId,
        @Nullable Long queueMillis,
        @Nullable Long upstreamMillis,
        @Nullable Integer attempt,
        @Nullable String dispatcher,
        boolean more,
        @Nullable String stream) {

    /** Nothing said, as the original does. */
    public static final ResponseExtra NONE = new ResponseExtra(null, null, null, null, null, false);

    /** Without frames to follow. */
    public ResponseExtra(
            @Nullable String requestId,
            @Nullable Long queueMillis,
            @Nullable Long upstreamMillis,
            @Nullable Integer attempt,
            @Nullable String dispatcher,
            boolean more) {
        this(requestId, queueMillis, upstreamMillis, attempt, dispatcher, more, null);
    }

    /** The same, with frames to follow that have that stream's name. */
    public ResponseExtra followedBy(String newStream) {
        return new ResponseExtra(requestId, queueMillis, upstreamMillis, attempt, dispatcher, true, newStream);
    }

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
        if (stream != null) {
            Syntax.visible("stream", stream, 1, Frame.MAX_STREAM_LENGTH);
        }
    }

    private static void notNegative(String what, @Nullable Long millis) {
        if (millis != null && millis < 0) {
            throw new IllegalArgumentException(what + ": " + millis + " (expected: >= 0)");
        }
    }
}
