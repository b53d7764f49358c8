package io.thr.core.message;

import org.jspecify.annotations.Nullable;

/**
 * A request on its way from a front to a dispatcher.
 *
 * @param method the method as received, case kept
 * @param path the raw path, percent-encoding kept, at least {@code /}
 * @param host what the client asked for as host, with the port where it gave one
 * @param queryString the raw query without its question mark, one ISO-8859-1 character a byte; null where there is none
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

    /** The path and, where there is one, the query: the request target of RFC 9112 §3.2.1. */
    public String target() {
        return queryString == null ? path : path + "?" + queryString;
    }
}
