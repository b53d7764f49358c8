package io.thr.filter.http;

import io.thr.core.message.Headers;
import io.thr.filter.rule.Exchange;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Answers what a queue can be of no use to: a request that may go no further ({@code Max-Forwards: 0}, RFC 9110 §7.6.2) is
 * answered as its last recipient would, and one that wants to become a WebSocket is told that it cannot, as no answer of an
 * upstream that speaks HTTP could be one that its client understands.
 */
public final class LastRecipient {

    private static final byte[] NOTHING = {};

    /** What nobody repeats to whoever asks (RFC 9110 §9.3.8). */
    private static final Set<String> SECRETS = Set.of("authorization", "cookie", "proxy-authorization");

    private LastRecipient() {}

    /** The answer to a request that is to be queued; null where it may be. */
    public static @Nullable CompletableFuture<Answer> answer(Answers answers, Exchange exchange) {
        if (members(exchange, "Connection").anyMatch("upgrade"::equals)
                && members(exchange, "Upgrade").anyMatch("websocket"::equals)) {
            Problem problem =
                    Problem.notImplemented("WebSocket: a request that waits stays HTTP", exchange.requestId());
            return answers.problem(exchange, problem);
        }
        boolean isAtEnd = "0".equals(exchange.header("Max-Forwards"));
        if (isAtEnd && exchange.method().equals("OPTIONS")) {
            return answers.upstream(exchange, 204, Headers.EMPTY, NOTHING);
        }
        if (isAtEnd && exchange.method().equals("TRACE")) {
            return answers.upstream(exchange, 200, Headers.of("Content-Type", "message/http"), trace(exchange));
        }
        return null;
    }

    private static Stream<String> members(Exchange exchange, String name) {
        return exchange.headerValues(name).stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(member -> member.strip().toLowerCase(Locale.ROOT));
    }

    /** The request as it came, less what is secret. */
    private static byte[] trace(Exchange exchange) {
        String query = exchange.queryString();
        StringBuilder message = new StringBuilder("TRACE ")
                .append(exchange.rawPath())
                .append(query == null ? "" : "?" + query)
                .append(" HTTP/1.1\r\n");
        for (Headers.Field field : exchange.headers()) {
            if (!SECRETS.contains(field.name().toLowerCase(Locale.ROOT))) {
                message.append(field.name()).append(": ").append(field.value()).append("\r\n");
            }
        }
        return message.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
