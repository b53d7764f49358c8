package io.thr.core.message;

import org.jspecify.annotations.Nullable;

/**
 * What a response message says of itself beside its HTTP.
 *
 * @param requestId the request it answers; null from the original, whose response key tells it
 * @param queueMillis from the request's creation to the call of the upstream, or null
 * @param upstreamMillis how long the upstream took, or null
 * @param attempt which execution gave it, from 1; null from the original
 * @param dispatcher the member that gave it, or null
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
}
