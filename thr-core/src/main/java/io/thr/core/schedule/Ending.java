package io.thr.core.schedule;

import java.time.Duration;

/**
 * How a claim ends.
 *
 * @param claim which
 * @param lastWord what is written with its end, in the same step
 */
public record Ending(Claim claim, LastWord lastWord) {

    /** What is written when a claim ends. */
    public sealed interface LastWord {}

    /**
     * The response, put on its key.
     *
     * @param responseKey a list
     * @param response not copied, and must not change any more
     * @param expiry of the response key, at least a second
     */
    public record Answer(String responseKey, byte[] response, Duration expiry) implements LastWord {}

    /**
     * The message, changed or not, put back on the end of its queue that is served next.
     *
     * @param message not copied, and must not change any more
     */
    public record GiveBack(byte[] message) implements LastWord {}

    /**
     * The message, put with the reason among the dead letters of its queue.
     *
     * @param reason for people
     */
    public record Bury(String reason) implements LastWord {}

    /** Nothing. */
    public record Drop() implements LastWord {}
}
