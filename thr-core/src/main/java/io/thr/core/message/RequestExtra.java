package io.thr.core.message;

import org.jspecify.annotations.Nullable;

/**
 * What a request message says of itself beside its HTTP. A value out of its range is an
 * {@link IllegalArgumentException}.
 *
 * @param responseKey the list on which the front awaits the response; {@link #RESPONSE_KEY_PREFIX} and more visible
 *     characters, at most {@link #MAX_RESPONSE_KEY_LENGTH} together
 * @param priority 1, most urgent, to 99
 * @param creationTime when the front took the request, seconds since the epoch
 * @param requestId 32 hexadecimal digits, one a request
 * @param deadline when the front gives up, seconds since the epoch; null where it did not say (the original)
 * @param attempt how many executions this one would be, from 1
 * @param fairKey whom fairness counts this request for, 1 to 512 characters, or null
 * @param traceparent the W3C trace context, 1 to 512 visible characters, or null; whether it is a valid one is not
 *     looked at
 * @param more whether the body is not here and comes in frames, for whoever gives credit on the response key
 * @param frames whether the front reads a response that comes in frames
 */
public record RequestExtra(
        String responseKey,
        int priority,
        double creationTime,
        String requestId,
        @Nullable Double deadline,
        int attempt,
        @Nullable String fairKey,
        @Nullable String traceparent,
        boolean more,
        boolean frames) {

    /** The priority of a request that no rule gave one: in the middle. */
    public static final int DEFAULT_PRIORITY = 50;

    /** The priority of the most urgent requests. */
    public static final int MIN_PRIORITY = 1;

    /** The priority of the least urgent requests. */
    public static final int MAX_PRIORITY = 99;

    /** What every response key begins with: nobody can make a dispatcher write to another list. */
    public static final String RESPONSE_KEY_PREFIX = "thr:queue:response:";

    /** How long a response key can be; the usual one has 51 characters. */
    public static final int MAX_RESPONSE_KEY_LENGTH = 256;

    /** Refuses a value out of its range. */
    public RequestExtra {
        if (!responseKey.startsWith(RESPONSE_KEY_PREFIX)) {
            throw new IllegalArgumentException("response_key: another list (expected: " + RESPONSE_KEY_PREFIX + "…)");
        }
        Syntax.visible("response_key", responseKey, RESPONSE_KEY_PREFIX.length() + 1, MAX_RESPONSE_KEY_LENGTH);
        if (priority < MIN_PRIORITY || priority > MAX_PRIORITY) {
            throw new IllegalArgumentException("priority: " + priority + " (expected: 1 to 99)");
        }
        Syntax.epochSeconds("creation_time", creationTime);
        Syntax.requestId(requestId);
        if (deadline != null) {
            Syntax.epochSeconds("deadline", deadline);
        }
        if (attempt < 1) {
            throw new IllegalArgumentException("attempt: " + attempt + " (expected: >= 1)");
        }
        if (fairKey != null) {
            Syntax.length("fair_key", fairKey, 1, 512);
        }
        if (traceparent != null) {
            Syntax.visible("traceparent", traceparent, 1, 512);
        }
    }

    /** With the body in its message or under its key, from a front that reads no frames. */
    public RequestExtra(
            String responseKey,
            int priority,
            double creationTime,
            String requestId,
            @Nullable Double deadline,
            int attempt,
            @Nullable String fairKey,
            @Nullable String traceparent) {
        this(responseKey, priority, creationTime, requestId, deadline, attempt, fairKey, traceparent, false, false);
    }

    /** What the original says: a first attempt, without deadline, fairness key and trace. */
    public static RequestExtra of(String responseKey, int priority, double creationTime, String requestId) {
        return new RequestExtra(responseKey, priority, creationTime, requestId, null, 1, null, null);
    }

    /** The same for another attempt. */
    public RequestExtra withAttempt(int newAttempt) {
        return new RequestExtra(
                responseKey,
                priority,
                creationTime,
                requestId,
                deadline,
                newAttempt,
                fairKey,
                traceparent,
                more,
                frames);
    }
}
