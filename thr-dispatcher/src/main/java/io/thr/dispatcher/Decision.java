package io.thr.dispatcher;

import io.thr.core.message.RequestMessage;
import org.jspecify.annotations.Nullable;

/** What is to become of a claim. */
sealed interface Decision {

    /**
     * It may be sent upstream.
     *
     * @param message with the attempt that this execution would be
     * @param begun how often it has been begun beyond what its message, as it stands in Redis, says
     */
    record Run(RequestMessage message, int begun) implements Decision {}

    /** Its client gets an answer at once, and it is never sent upstream. */
    record Refuse(RequestMessage message, Problem problem) implements Decision {}

    /** The same, and its message is kept among the dead for people to look at. */
    record GiveUp(RequestMessage message, Problem problem) implements Decision {}

    /**
     * Nobody can make sense of it.
     *
     * @param responseKey where its client waits, or null where nobody knows
     * @param requestId its id, or null where nobody knows
     */
    record Bury(
            String reason,
            @Nullable String responseKey,
            @Nullable String requestId) implements Decision {}
}
