package io.thr.core.message;

/**
 * A response on its way from a dispatcher to the front that waits for it.
 *
 * @param statusCode 100 to 999; {@link #UPSTREAM_FAILED} where the upstream gave no response
 * @param headers the upstream's fields, less hop-by-hop ones
 * @param body the body
 * @param extra what is not of HTTP; {@link ResponseExtra#NONE} from the original
 */
public record ResponseMessage(int statusCode, Headers headers, MessageBody body, ResponseExtra extra) {

    /** The original's status for an upstream that was unreachable, timed out or did not speak HTTP. */
    public static final int UPSTREAM_FAILED = 599;
}
