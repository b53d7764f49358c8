package io.thr.core.schedule;

import org.jspecify.annotations.Nullable;

/** What became of a ticket when it was scheduled. */
public sealed interface Outcome {

    /** It holds its slots and is the member's to run. */
    record Runs() implements Outcome {}

    /**
     * It waits, and is nobody's until it is granted.
     *
     * @param blockedBy the counter without room; null where there was none, but no member had room
     */
    record Waits(@Nullable String blockedBy) implements Outcome {}

    /** There is a ticket for this request already; the claim is still the member's, to be dropped. */
    record Duplicate() implements Outcome {}

    /** Its client has left; the claim is still the member's, to be dropped. */
    record Cancelled() implements Outcome {}

    /** The claim is not the member's any more. */
    record Lost() implements Outcome {}
}
