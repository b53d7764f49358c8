package io.thr.dispatcher.upstream;

import io.thr.core.body.BodySource;
import io.thr.core.message.Headers;
import io.thr.core.message.RequestMessage;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request as it goes to an upstream.
 *
 * @param address where it goes; until one of a queue's servers is chosen, any of them
 * @param method the method, case kept
 * @param target the raw path and query (RFC 9112 §3.2.1), one ISO-8859-1 character a byte
 * @param headers all fields; Content-Length follows from the body, and Host from the address, unless it is to be the
 *     client's ({@link HostPolicy}). Fields of the connection are allowed here and are not sent
 * @param body the body, empty where there is none or where it is following; not to be changed
 * @param following the body where it comes while it is sent, or null; with the length that {@code headers} tell
 * @param deadline when the response must be complete, or where it may be streamed, begin
 * @param streamed whether the response's body may come later than the response
 * @param interim told what the upstream says before its response; must not block
 * @param watch told where it is sent, each time
 */
public record UpstreamRequest(
        UpstreamAddress address,
        String method,
        String target,
        Headers headers,
        byte[] body,
        @Nullable BodySource following,
        Instant deadline,
        boolean streamed,
        Consumer<InterimResponse> interim,
        CallWatch watch) {

    /** With nobody who watches. */
    public UpstreamRequest(
            UpstreamAddress address,
            String method,
            String target,
            Headers headers,
            byte[] body,
            @Nullable BodySource following,
            Instant deadline,
            boolean streamed,
            Consumer<InterimResponse> interim) {
        this(address, method, target, headers, body, following, deadline, streamed, interim, CallWatch.NONE);
    }

    /** With its body, for a response with its body. */
    public UpstreamRequest(
            UpstreamAddress address, String method, String target, Headers headers, byte[] body, Instant deadline) {
        this(address, method, target, headers, body, null, deadline, false, interim -> {});
    }

    /** The same request, to be complete at that time. */
    public UpstreamRequest until(Instant deadline) {
        return new UpstreamRequest(
                address, method, target, headers, body, following, deadline, streamed, interim, watch);
    }

    /** The same request, to somewhere else. */
    public UpstreamRequest to(UpstreamAddress address, String target) {
        return new UpstreamRequest(
                address, method, target, headers, body, following, deadline, streamed, interim, watch);
    }

    /** The same request with other fields. */
    UpstreamRequest withHeaders(Headers fields) {
        return new UpstreamRequest(
                address, method, target, fields, body, following, deadline, streamed, interim, watch);
    }

    /** The same request, its body coming from there. */
    UpstreamRequest following(BodySource body) {
        return new UpstreamRequest(
                address, method, target, headers, this.body, body, deadline, streamed, interim, watch);
    }

    /** Whether it may be sent again when nobody knows how far it got, where its body is still there. */
    public boolean repeatable() {
        return RequestMessage.isRepeatable(method, headers);
    }
}
