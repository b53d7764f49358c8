package io.thr.core.message;

import org.jspecify.annotations.Nullable;

/**
 * What a request message says of itself beside its HTTP.
 *
 * @param responseKey the list on which the front awaits the response
 * @param priority 1, most urgent, to 99
 * @param creationTime when the front took the request, seconds since the epoch
 * @param requestId 32 hexadecimal digits, one a request
 * @param deadline when the front gives up, seconds since the epoch; null where it did not say (the original)
 * @param attempt how many executions this one would be, from 1
 * @param fairKey whom fairness counts this request for, or null
 * @param traceparent the W3C trace context, or null
 */
public record RequestExtra(
        String responseKey,
        int priority,
        double creationTime,
        String requestId,
        @Nullable Double deadline,
        int attempt,
        @Nullable String fairKey,
        @Nullable String traceparent) {

    /** The priority of a request that no rule gave one: in the middle. */
    public static final int DEFAULT_PRIORITY = 50;
}
