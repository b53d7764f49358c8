package io.thr.dispatcher.upstream;

/**
 * Why there is no response.
 *
 * @param kind what happened, in one word
 * @param detail what happened, in words for a log and for the client; names no host
 */
public record UpstreamFailure(Kind kind, String detail) implements UpstreamResult {

    /** The ways in which a call fails. */
    public enum Kind {
        /** No connection could be had, so that not one byte of the request was sent. */
        NOT_CONNECTED,
        /** A connection that had served before was found closed when the request was sent; no byte came back. */
        STALE_CONNECTION,
        /** The connection ended before the response did, or what came is no HTTP response. */
        BROKEN,
        /** The response did not end in time. */
        TIMED_OUT,
        /** The response's body is larger than what is allowed. */
        TOO_LARGE,
        /** The upstream asked for one redirect after the other, without an end. */
        TOO_MANY_REDIRECTS
    }
}
