package io.thr.core.message;

import org.jspecify.annotations.Nullable;

/** A message that cannot be read. Its text says what was found where, and what was expected; it holds no secret. */
public final class MalformedMessageException extends Exception {

    private static final long serialVersionUID = 1L;

    private final @Nullable String responseKey;
    private final @Nullable String requestId;

    /** With the response key and the request id where they could be read all the same, so that the client gets 502. */
    public MalformedMessageException(String reason, @Nullable String responseKey, @Nullable String requestId) {
        super(reason);
        this.responseKey = responseKey;
        this.requestId = requestId;
    }

    /** Where the client waits, or null where that could not be read. */
    public @Nullable String responseKey() {
        return responseKey;
    }

    /** The request's id, or null where that could not be read. */
    public @Nullable String requestId() {
        return requestId;
    }
}
