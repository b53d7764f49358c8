package io.thr.filter.http;

import io.thr.filter.rule.Exchange;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what containers let pass and nobody may pass on, because the next recipient would read another message: bodies in
 * transfer codings that only the container's reader has seen, fields of a connection in a protocol that has none of them.
 */
public final class RequestCheck {

    /** RFC 9113 §8.2.2: with one of these a message is malformed. */
    private static final List<String> NOT_IN_HTTP2 =
            List.of("Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade");

    /** Longer ones than a message can carry are nobody's (RFC 9112 §3). */
    private static final int MAX_METHOD_LENGTH = 64;

    private RequestCheck() {}

    /** Why the request cannot be queued; null where it can. */
    public static @Nullable Problem problem(HttpServletRequest request, Exchange exchange) {
        if (exchange.method().length() > MAX_METHOD_LENGTH) {
            return Problem.notImplemented("no method is that long", exchange.requestId());
        }
        if (!request.getProtocol().startsWith("HTTP/1")) {
            return hasFieldOfConnection(exchange)
                    ? Problem.badRequest("a field of the connection in a protocol that has none")
                    : null;
        }
        List<String> codings = exchange.request().headers("Transfer-Encoding");
        if (codings.isEmpty()) {
            return null;
        }
        if (request.getProtocol().equals("HTTP/1.0")) {
            // RFC 9112 §6.1: its framing is faulty
            return Problem.badRequest("Transfer-Encoding in HTTP/1.0");
        }
        boolean isChunked =
                codings.size() == 1 && codings.get(0).toLowerCase(Locale.ROOT).equals("chunked");
        return isChunked ? null : Problem.notImplemented("a transfer coding besides chunked", exchange.requestId());
    }

    /** One with which a client has changed to HTTP/2 ({@code Upgrade: h2c}) still has those that did that. */
    private static boolean hasFieldOfConnection(Exchange exchange) {
        boolean isFirst = "h2c".equalsIgnoreCase(exchange.request().header("Upgrade"));
        return !isFirst
                && NOT_IN_HTTP2.stream()
                        .anyMatch(name -> !exchange.request().headers(name).isEmpty());
    }
}
