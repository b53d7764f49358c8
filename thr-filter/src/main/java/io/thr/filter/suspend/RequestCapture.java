package io.thr.filter.suspend;

import io.thr.core.message.Headers;
import io.thr.core.message.HopByHop;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.filter.http.ServletRequestView;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.RequestView;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Makes the message of an exchange: the request as the rules left it, as a gateway passes it on. */
final class RequestCapture {

    /** What we call ourselves to the next recipient (RFC 9110 §7.6.3). */
    private static final String VIA_NAME = "thr";

    private final InstantSource clock;

    RequestCapture(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * The message, its body still in it.
     *
     * @param protocol as the container names it, {@code HTTP/1.1}
     * @param following whether the body stays with the client until it is asked for
     * @param frames whether a response may come in frames
     * @param left how long its client still waits
     */
    RequestMessage capture(
            Exchange exchange,
            String protocol,
            byte[] body,
            boolean following,
            boolean frames,
            String responseKey,
            Duration left) {
        double now = epochSeconds(clock.instant());
        RequestExtra extra = new RequestExtra(
                responseKey,
                exchange.priority(),
                now,
                exchange.requestId(),
                now + left.toMillis() / 1000.0,
                1,
                null,
                exchange.header("traceparent"),
                following,
                frames);
        return new RequestMessage(
                exchange.method(),
                exchange.rawPath(),
                exchange.host(),
                exchange.queryString(),
                exchange.scheme(),
                headers(exchange, protocol, body, following),
                MessageBody.of(body),
                extra);
    }

    private static Headers headers(Exchange exchange, String protocol, byte[] body, boolean following) {
        Headers.Builder headers = HopByHop.removedFrom(exchange.headers()).edit();
        // The front has already answered it: the body is here.
        headers.remove("Expect");
        if (!following) {
            correctLength(headers, exchange, body);
        }
        String forwardedFor = joined(exchange, "X-Forwarded-For");
        headers.set(
                "X-Forwarded-For",
                forwardedFor == null ? exchange.remoteIp() : forwardedFor + ", " + exchange.remoteIp());
        if (!(exchange.header("X-Forwarded-Proto") != null && isFromTrustedProxy(exchange.request()))) {
            headers.set("X-Forwarded-Proto", exchange.scheme());
        }
        String via = joined(exchange, "Via");
        String ours = version(protocol) + " " + VIA_NAME;
        headers.set("Via", via == null ? ours : via + ", " + ours);
        return headers.build();
    }

    /** A body that came chunked, or that a rule set, has another length than the field says. */
    private static void correctLength(Headers.Builder headers, Exchange exchange, byte[] body) {
        String said = exchange.header("Content-Length");
        String length = Integer.toString(body.length);
        if (body.length > 0 ? !length.equals(said) : said != null && !said.equals(length)) {
            headers.set("Content-Length", length);
        }
    }

    private static boolean isFromTrustedProxy(RequestView request) {
        return request instanceof ServletRequestView view && view.isFromTrustedProxy();
    }

    private static @Nullable String joined(Exchange exchange, String name) {
        var values = exchange.headerValues(name);
        return values.isEmpty() ? null : String.join(", ", values);
    }

    /** The protocol's version as Via has it: without its name where that is HTTP. */
    private static String version(String protocol) {
        String upper = protocol.toUpperCase(Locale.ROOT);
        return upper.startsWith("HTTP/") ? protocol.substring("HTTP/".length()) : protocol;
    }

    private static double epochSeconds(Instant instant) {
        return instant.getEpochSecond() + instant.getNano() / 1_000_000_000.0;
    }
}
