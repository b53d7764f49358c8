package io.thr.demo.conformance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client got on one connection.
 *
 * @param interim the interim responses but 100, in order
 * @param finals the final responses
 * @param broken why the next response is none, where it breaks off or is not HTTP; null where all came whole
 * @param after what the connection was good for then
 */
record Reply(
        List<Message> interim,
        List<Message> finals,
        @Nullable String broken,
        After after) {

    /** What becomes of a connection after its responses. */
    enum After {
        /** It served another request. */
        REUSED,
        /** The server closed it. */
        CLOSED,
        /** More bytes came than the responses have, or what came next was not the next response. */
        OUT_OF_STEP,
        /** The server said that it would close it and did not. */
        LEFT_OPEN,
        /** Nobody can tell: a response broke off, or the connection speaks something else now. */
        UNKNOWN
    }
}
