package io.thr.dispatcher.upstream;

import io.thr.core.message.Headers;
import io.thr.core.message.RequestMessage;
import java.time.Instant;

/**
 * A request as it goes to an upstream.
 *
 * @param address where it goes
 * @param method the method, case kept
 * @param target the raw path and query (RFC 9112 §3.2.1), one ISO-8859-1 character a byte
 * @param headers all fields but Host and Content-Length, which follow from the address and the body; fields of the
 *     connection are allowed here and are not sent
 * @param body the body, empty where there is none; not to be changed
 * @param deadline when the response must be complete
 */
public record UpstreamRequest(
        UpstreamAddress address, String method, String target, Headers headers, byte[] body, Instant deadline) {

    /** The same request, to be complete at that time. */
    public UpstreamRequest until(Instant deadline) {
        return new UpstreamRequest(address, method, target, headers, body, deadline);
    }

    /** The same request, to somewhere else. */
    public UpstreamRequest to(UpstreamAddress address, String target) {
        return new UpstreamRequest(address, method, target, headers, body, deadline);
    }

    /** Whether it may be sent again when nobody knows how far it got. */
    public boolean repeatable() {
        return RequestMessage.isRepeatable(method, headers);
    }
}
