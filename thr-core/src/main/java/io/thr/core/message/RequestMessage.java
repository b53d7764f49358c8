package io.thr.core.message;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way from a front to a dispatcher. Immutable, so threads may share it. A value out of its form is an
 * {@link IllegalArgumentException}.
 *
 * @param method the method as received, case kept: a token, known or not, of at most 64 characters
 * @param path the raw path, percent-encoding kept, one ISO-8859-1 character a byte: begins with {@code /}, has no
 *     blank, control, {@code ?} or {@code #}, and at most {@link #MAX_TARGET_LENGTH} characters
 * @param host what the client asked for as host, with the port where it gave one; at most 1,024 visible characters
 * @param queryString the raw query without its question mark, one ISO-8859-1 character a byte, of the same form and
 *     bound as the path; null where there is none
 * @param scheme {@code http} or {@code https} where the front said so, else null (the original does not)
 * @param headers the fields as received, less hop-by-hop ones
 * @param body the body
 * @param extra what is not of HTTP
 */
public record RequestMessage(
        String method,
        String path,
        String host,
        @Nullable String queryString,
        @Nullable String scheme,
        Headers headers,
        MessageBody body,
        RequestExtra extra) {

    /** How long a path can be, and how long a query can be: 64 KiB, far more than servers accept by default. */
    public static final int MAX_TARGET_LENGTH = 64 * 1024;

    // RFC 9110 §9.2.2; methods are case-sensitive, so "get" is none of these
    private static final Set<String> IDEMPOTENT_METHODS = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

    /** Refuses a value out of its form. */
    public RequestMessage {
        Syntax.token("method", method, 64);
        Syntax.target("path", path, MAX_TARGET_LENGTH);
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path: no / at its beginning (expected: an absolute path)");
        }
        if (path.indexOf('?') >= 0) {
            throw new IllegalArgumentException(
                    "path: a ? at " + path.indexOf('?') + " (expected: the query in query_string)");
        }
        Syntax.visible("host", host, 0, 1024);
        if (queryString != null) {
            Syntax.target("query_string", queryString, MAX_TARGET_LENGTH);
        }
        if (scheme != null && !scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("scheme: another one (expected: http or https)");
        }
    }

    /** The path and, where there is one, the query: the request target of RFC 9112 §3.2.1. */
    public String target() {
        return queryString == null ? path : path + "?" + queryString;
    }

    /**
     * Whether executing it twice does what executing it once does; see {@link #isRepeatable(String, Headers)}. A body that
     * comes while it is read is read once.
     */
    public boolean isRepeatable() {
        return !extra.more() && isRepeatable(method, headers);
    }

    /**
     * Whether a request of that method and with these fields may be executed again when nobody knows how far it got: its
     * method is idempotent (RFC 9110 §9.2.2), or it carries {@code Idempotency-Key}.
     */
    public static boolean isRepeatable(String method, Headers headers) {
        return IDEMPOTENT_METHODS.contains(method) || headers.contains("Idempotency-Key");
    }

    /** The host's name: lower case, without port and final dot; see {@link #hostName(String)}. */
    public String hostName() {
        return hostName(host);
    }

    /**
     * The name in what a client asked for as host: in lower case, without port and final dot, so that one host has one
     * name however it is written (RFC 9110 §4.2.3).
     */
    public static String hostName(String host) {
        int afterAddress = host.startsWith("[") ? host.indexOf(']') + 1 : 0;
        int colon = host.indexOf(':', afterAddress);
        int end = colon < 0 ? host.length() : colon;
        if (end > 1 && host.charAt(end - 1) == '.') {
            end--;
        }
        return host.substring(0, end).toLowerCase(Locale.ROOT);
    }

    /** The first value of that query argument, decoded as a form is; null where there is none. */
    public @Nullable String queryArgument(String name) {
        if (queryString == null) {
            return null;
        }
        List<String> values = QueryArguments.decode(queryString).get(name);
        return values == null ? null : values.get(0);
    }

    /** The first value of that cookie; null where there is none. */
    public @Nullable String cookie(String name) {
        List<String> values = Cookies.values(headers.all("Cookie"), name);
        return values.isEmpty() ? null : values.get(0);
    }

    /** The same request for another attempt, when it is handed on again. */
    public RequestMessage withAttempt(int attempt) {
        return new RequestMessage(method, path, host, queryString, scheme, headers, body, extra.withAttempt(attempt));
    }

    /** The same request with another body: a link in the place of the bytes, or the bytes that a link named. */
    public RequestMessage withBody(MessageBody newBody) {
        return new RequestMessage(method, path, host, queryString, scheme, headers, newBody, extra);
    }
}
