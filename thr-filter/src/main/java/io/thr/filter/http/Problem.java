package io.thr.filter.http;

import io.thr.core.message.Headers;
import org.jspecify.annotations.Nullable;

/**
 * An answer that THR gives itself, as problem details (RFC 9457), a page or plain text. The detail is ours
 * alone: nothing of the request is repeated in it.
 *
 * @param type what kind of problem it is, as a URI; {@code about:blank}: what the status says
 * @param status the HTTP status
 * @param title the status in words
 * @param detail what happened and, where there is one, the remedy
 * @param requestId the exchange's id, or null where there is none yet
 * @param headers further fields of the answer, {@code Retry-After} for one
 */
public record Problem(
        String type,
        int status,
        String title,
        String detail,
        @Nullable String requestId,
        Headers headers) {

    private static final String RETRY_AFTER_SECONDS = "1";

    /** A problem that its status says all about (RFC 9457 §4.2.1). */
    public Problem(int status, String title, String detail, @Nullable String requestId, Headers headers) {
        this("about:blank", status, title, detail, requestId, headers);
    }

    /** 400: a request that could mean two things. */
    public static Problem badRequest(String detail) {
        return new Problem(400, "Bad Request", detail, null, Headers.EMPTY);
    }

    /** 413: the body is larger than the configuration allows. */
    public static Problem bodyTooLarge(long maxBytes, String requestId) {
        return new Problem(
                413,
                "Content Too Large",
                "the body is larger than max_body: " + maxBytes + " bytes",
                requestId,
                Headers.EMPTY);
    }

    /** 500: a function of the rules failed; the log has the cause. */
    public static Problem ruleFailed(String requestId) {
        return new Problem(500, "Internal Server Error", "a rule failed", requestId, Headers.EMPTY);
    }

    /** 502: the response could not be used. */
    public static Problem badGateway(String detail, String requestId) {
        return new Problem(502, "Bad Gateway", detail, requestId, Headers.EMPTY);
    }

    /** 502: the request may or may not have been executed, and it is not safe to run it again. */
    public static Problem outcomeUnknown(String requestId) {
        return new Problem(
                502,
                "Bad Gateway",
                "the request may have been executed; it is not repeated",
                requestId,
                Headers.of("Thr-Outcome", "unknown"));
    }

    /** 503: try again soon. */
    public static Problem unavailable(String detail, String requestId) {
        return new Problem(
                503, "Service Unavailable", detail, requestId, Headers.of("Retry-After", RETRY_AFTER_SECONDS));
    }

    /**
     * 503: the queue is full.
     *
     * @param seconds when to try again
     */
    public static Problem queueFull(long seconds, String requestId) {
        return new Problem(
                503,
                "Service Unavailable",
                "the queue is full",
                requestId,
                Headers.of("Retry-After", Long.toString(seconds)));
    }

    /** 504: the time is up. */
    public static Problem timeout(String requestId) {
        return new Problem(504, "Gateway Timeout", "no reply from the backend", requestId, Headers.EMPTY);
    }
}
