package io.thr.filter.suspend;

import io.thr.core.message.Headers;
import io.thr.core.message.HopByHop;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.trace.TraceContext;
import io.thr.filter.config.ForwardedField;
import io.thr.filter.http.ServletRequestView;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.RequestView;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes the message of an exchange: the request as the rules left it, as a gateway passes it on. */
final class RequestCapture {

    /** What we call ourselves to the next recipient (RFC 9110 §7.6.3). */
    private static final String VIA_NAME = "thr";

    /** Methods whose requests may count how far they still go (RFC 9110 §7.6.2). */
    private static final Set<String> COUNTING_HOPS = Set.of("OPTIONS", "TRACE");

    private final InstantSource clock;
    private final ForwardedField forwardedField;

    RequestCapture(InstantSource clock, ForwardedField forwardedField) {
        this.clock = clock;
        this.forwardedField = forwardedField;
    }

    /**
     * The message, its body still in it.
     *
     * @param protocol as the container names it, {@code HTTP/1.1}
     * @param following whether the body stays with the client until it is asked for
     * @param frames whether a response may come in frames
     * @param left how long its client still waits
     * @param trace where its wait stands in its trace; none: it is passed on as it came
     */
    RequestMessage capture(
            Exchange exchange,
            String protocol,
            byte[] body,
            boolean following,
            boolean frames,
            String responseKey,
            Duration left,
            TraceContext trace) {
        double now = epochSeconds(clock.instant());
        RequestExtra extra = new RequestExtra(
                responseKey,
                exchange.priority(),
                now,
                exchange.requestId(),
                now + left.toMillis() / 1000.0,
                1,
                null,
                traceparent(exchange, trace),
                following,
                frames);
        return new RequestMessage(
                exchange.method(),
                exchange.rawPath(),
                exchange.host(),
                exchange.queryString(),
                exchange.scheme(),
                trace.in(headers(exchange, protocol, body, following)),
                MessageBody.of(body),
                extra);
    }

    /** What the request says of its trace; none where that is not right, as anybody may write there whatever he likes. */
    static TraceContext trace(Exchange exchange) {
        List<String> said = exchange.headerValues(TraceContext.TRACEPARENT);
        return said.size() == 1 && TraceContext.isValid(said.get(0))
                ? new TraceContext(said.get(0), String.join(",", exchange.headerValues(TraceContext.TRACESTATE)))
                : TraceContext.NONE;
    }

    private static @Nullable String traceparent(Exchange exchange, TraceContext trace) {
        TraceContext told = trace.isNone() ? trace(exchange) : trace;
        return told.isNone() ? null : told.traceparent();
    }

    private Headers headers(Exchange exchange, String protocol, byte[] body, boolean following) {
        Headers.Builder headers = HopByHop.removedFrom(exchange.headers()).edit();
        // The front has already answered it: the body is here.
        headers.remove("Expect");
        if (!following) {
            correctLength(headers, exchange, body);
        }
        countHop(headers, exchange);
        joinCookies(headers, protocol);
        boolean isTrusted = isFromTrustedProxy(exchange.request());
        if (!isTrusted) {
            removeForged("X-Forwarded-Host", headers, exchange);
        }
        if (forwardedField == ForwardedField.FORWARDED) {
            headers.set("Forwarded", Forwarded.appended(joined(exchange, "Forwarded"), exchange));
        } else if (!isTrusted) {
            removeForged("Forwarded", headers, exchange);
        }
        String forwardedFor = joined(exchange, "X-Forwarded-For");
        headers.set(
                "X-Forwarded-For",
                forwardedFor == null ? exchange.remoteIp() : forwardedFor + ", " + exchange.remoteIp());
        if (!(exchange.header("X-Forwarded-Proto") != null && isTrusted)) {
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

    /** What a client has written is not what a proxy says; what a rule has written stays. */
    private static void removeForged(String name, Headers.Builder headers, Exchange exchange) {
        if (exchange.headerValues(name).equals(exchange.request().headers(name))) {
            headers.remove(name);
        }
    }

    /** HTTP/2 may split them, and nobody after it reads more than one line (RFC 9113 §8.2.3). */
    private static void joinCookies(Headers.Builder headers, String protocol) {
        List<String> cookies = headers.build().all("Cookie");
        if (cookies.size() > 1 && !protocol.startsWith("HTTP/1")) {
            headers.set("Cookie", String.join("; ", cookies));
        }
    }

    /** One further; those that are at their end are not queued. */
    private static void countHop(Headers.Builder headers, Exchange exchange) {
        String hops = exchange.header("Max-Forwards");
        if (hops != null && COUNTING_HOPS.contains(exchange.method()) && hops.matches("[0-9]{1,9}")) {
            headers.set("Max-Forwards", Integer.toString(Math.max(0, Integer.parseInt(hops) - 1)));
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
