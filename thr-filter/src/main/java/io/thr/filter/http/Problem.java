package io.thr.filter.http;

import io.thr.core.message.Headers;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RateState;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An answer that THR gives itself, as problem details (RFC 9457), a page or plain text. The detail is ours alone: nothing of
 * the request is repeated in it.
 *
 * @param type what kind of problem it is, as a URI; {@code about:blank}: what the status says
 * @param status the HTTP status
 * @param title the status in words
 * @param detail what happened and, where there is one, the remedy
 * @param violatedPolicies the names of the rate policies that refused the request; none where it is not about them
 * @param requestId the exchange's id, or null where there is none yet
 * @param headers further fields of the answer, {@code Retry-After} for one
 * @param ownBody what takes the place of the problem's body in every form, or null
 */
public record Problem(
        String type,
        int status,
        String title,
        String detail,
        List<String> violatedPolicies,
        @Nullable String requestId,
        Headers headers,
        @Nullable OwnBody ownBody) {

    private static final String QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded";
    private static final String RETRY_AFTER_SECONDS = "1";

    /** A problem that its status says all about (RFC 9457 §4.2.1). */
    public Problem(int status, String title, String detail, @Nullable String requestId, Headers headers) {
        this("about:blank", status, title, detail, List.of(), requestId, headers, null);
    }

    /** Keeps a copy of the names. */
    public Problem {
        violatedPolicies = List.copyOf(violatedPolicies);
    }

    /**
     * A body that somebody wrote for this problem.
     *
     * @param contentType its media type
     * @param text the body, sent as UTF-8
     */
    public record OwnBody(String contentType, String text) {

        /** Refuses what is no field value. */
        public OwnBody {
            new Headers.Field("Content-Type", contentType);
        }
    }

    /** 400: a request that could mean two things. */
    public static Problem badRequest(String detail) {
        return new Problem(400, "Bad Request", detail, null, Headers.EMPTY);
    }

    /** 408: the body did not come. */
    public static Problem requestTimeout(String requestId) {
        return new Problem(408, "Request Timeout", "the body did not come in time", requestId, Headers.EMPTY);
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

    /**
     * 429: rate policies have no room for the request. {@code Retry-After} names the longest wait of those that refused, never
     * too short and a little longer by chance; where there will never be room, the policy's window. It does not tell how large
     * quotas are: that is for {@code RateLimit-Policy}, where that is shown.
     *
     * @param chance 0 to below 1, for each problem another
     */
    public static Problem quotaExceeded(RateDecision.Refused refused, double chance, String requestId) {
        List<RateState> refusing = refused.states().stream()
                .filter(state -> state.exceeded() && !state.policy().isSoft())
                .toList();
        List<String> violated =
                refusing.stream().map(state -> state.policy().name()).toList();
        long seconds = RetryAfter.seconds(refusing, chance);
        boolean never = refused.waitMillis() == RateState.NEVER;
        return new Problem(
                QUOTA_EXCEEDED,
                429,
                "Too Many Requests",
                "the request exceeds the quota of " + String.join(", ", violated)
                        + (never ? ", whenever it comes" : "; try again in " + seconds + " s"),
                violated,
                requestId,
                // also where a rule's body takes the place of ours (RFC 6585 §4)
                Headers.of("Retry-After", Long.toString(seconds), "Cache-Control", "no-store"),
                null);
    }

    /** 500: a function of the rules failed; the log has the cause. */
    public static Problem ruleFailed(String requestId) {
        return new Problem(500, "Internal Server Error", "a rule failed", requestId, Headers.EMPTY);
    }

    /** 501: nothing that a gateway can do for any resource. */
    public static Problem notImplemented(String detail, @Nullable String requestId) {
        return new Problem(501, "Not Implemented", detail, requestId, Headers.EMPTY);
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

    /** The same with these fields, too. */
    public Problem withFields(List<Headers.Field> fields) {
        Headers.Builder more = headers.edit();
        fields.forEach(field -> more.add(field.name(), field.value()));
        return new Problem(type, status, title, detail, violatedPolicies, requestId, more.build(), ownBody);
    }

    /**
     * The same with a body of one's own, whatever the client accepts.
     *
     * @param contentType its media type; a text is sent as UTF-8, and says so where no charset is named
     */
    public Problem withBody(String contentType, String text) {
        boolean isUnnamed = contentType.regionMatches(true, 0, "text/", 0, 5)
                && !contentType.toLowerCase(Locale.ROOT).contains("charset");
        OwnBody own = new OwnBody(isUnnamed ? contentType + "; charset=utf-8" : contentType, text);
        return new Problem(type, status, title, detail, violatedPolicies, requestId, headers, own);
    }
}
