package io.thr.core.message;

/**
 * A response on its way from a dispatcher to the front that waits for it. Immutable, so threads may share it.
 *
 * @param statusCode 100 to 999, anything else is an {@link IllegalArgumentException}; {@link #UPSTREAM_FAILED} where
 *     the upstream gave no response
 * @param headers the upstream's fields, less hop-by-hop ones
 * @param body the body
 * @param extra what is not of HTTP; {@link ResponseExtra#NONE} from the original
 */
public record ResponseMessage(int statusCode, Headers headers, MessageBody body, ResponseExtra extra) {

    /** The original's status for an upstream that was unreachable, timed out or did not speak HTTP. */
    public static final int UPSTREAM_FAILED = 599;

    /** Refuses a status that HTTP cannot carry. */
    public ResponseMessage {
        if (statusCode < 100 || statusCode > 999) {
            throw new IllegalArgumentException("status_code: " + statusCode + " (expected: 100 to 999)");
        }
    }

    /** What the original says of an upstream that gave no response: {@link #UPSTREAM_FAILED}, without anything else. */
    public static ResponseMessage upstreamFailed(ResponseExtra extra) {
        return new ResponseMessage(UPSTREAM_FAILED, Headers.EMPTY, MessageBody.NONE, extra);
    }

    /** The same response with another body: a link in the place of the bytes, or the bytes that a link named. */
    public ResponseMessage withBody(MessageBody newBody) {
        return new ResponseMessage(statusCode, headers, newBody, extra);
    }
}
