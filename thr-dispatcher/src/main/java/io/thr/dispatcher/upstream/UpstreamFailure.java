package io.thr.dispatcher.upstream;

import java.io.EOFException;
import org.jspecify.annotations.Nullable;

/**
 * Why there is no response.
 *
 * @param kind what happened, in one word
 * @param detail what happened, in words for a log and for the client; names no host
 * @param cause what the client library said, for a log only: it may name hosts
 */
public record UpstreamFailure(
        Kind kind, String detail, @Nullable Throwable cause) implements UpstreamResult {

    /** The ways in which a call fails. */
    public enum Kind {
        /** No connection could be had, so that not one byte of the request was sent. */
        NOT_CONNECTED,
        /** The upstream said, as HTTP/2 lets it, that it has not looked at the request (RFC 9113 §8.7). */
        REFUSED,
        /** A connection that had been kept open was found closed when the request was sent; no byte came back. */
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

    /** A failure that nothing more is known of. */
    public UpstreamFailure(Kind kind, String detail) {
        this(kind, detail, null);
    }

    /** The detail and the innermost reason, which for TLS tells what was not liked. For a log only: it may name hosts. */
    String forLog() {
        if (cause == null) {
            return detail;
        }
        Throwable innermost = cause;
        // Bounded, as a chain of causes may be a ring
        for (int depth = 0; depth < 20 && innermost.getCause() != null; depth++) {
            innermost = innermost.getCause();
        }
        // Of the end of a connection Jetty tells its whole state, and nothing that the detail has not said
        return innermost instanceof EOFException ? detail : detail + ": " + innermost;
    }
}
