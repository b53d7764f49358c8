package io.thr.dispatcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why there is no response of the upstream, as the client gets it: RFC 9457 problem details.
 *
 * @param status the response's status
 * @param detail what happened, in a sentence that names nothing of the inside
 * @param outcomeUnknown whether the request may have been executed: adds {@code Thr-Outcome: unknown}
 */
record Problem(int status, String detail, boolean outcomeUnknown) {

    private static final JsonMapper JSON = new JsonMapper();

    Problem(int status, String detail) {
        this(status, detail, false);
    }

    /** The response that says so. */
    ResponseMessage response(@Nullable String requestId, ResponseExtra extra) {
        Headers headers = outcomeUnknown
                ? Headers.of("Content-Type", "application/problem+json", "Thr-Outcome", "unknown")
                : Headers.of("Content-Type", "application/problem+json");
        return new ResponseMessage(status, headers, MessageBody.of(json(requestId)), extra);
    }

    private byte[] json(@Nullable String requestId) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("type", "about:blank");
        members.put("title", title());
        members.put("status", status);
        members.put("detail", detail);
        if (requestId != null) {
            members.put("request_id", requestId);
        }
        try {
            return JSON.writeValueAsBytes(members);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("strings and numbers could not be written as JSON", e);
        }
    }

    private String title() {
        return switch (status) {
            case 400 -> "Bad Request";
            case 310 -> "Too Many Redirects";
            case 501 -> "Not Implemented";
            case 502 -> "Bad Gateway";
            case 504 -> "Gateway Timeout";
            default -> "Error";
        };
    }
}
