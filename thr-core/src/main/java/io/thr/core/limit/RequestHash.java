package io.thr.core.limit;

import io.thr.core.message.RequestMessage;
import org.jspecify.annotations.Nullable;

/**
 * What of a request a limit or a fair share looks at: requests with the same hash are of one kind. The factories give
 * those that a file can name; any function will do in Java:
 *
 * <pre>{@code
 * RequestHash tenant = RequestHash.header("X-Tenant").withDefault("none");
 * RequestHash kind = request -> request.path().endsWith(".pdf") ? "pdf" : null;
 * }</pre>
 *
 * <p>Threads share it. It must not block: every request waits for it. All dispatchers of a bus need the same, else each
 * counts for itself.
 */
@FunctionalInterface
public interface RequestHash {

    /**
     * The request's hash; null where the request has none.
     *
     * @throws RuntimeException counts as none; it is logged once
     */
    @Nullable
    String hash(RequestMessage request);

    /** That function, where a lambda needs a type. */
    static RequestHash of(RequestHash function) {
        return function;
    }

    /** The method, case kept. */
    static RequestHash method() {
        return RequestPart.METHOD;
    }

    /**
     * The path in the form that the filter's rules see: decoded, without parameters, double slashes and dot segments,
     * so that nobody gets out of a limit by escaping a letter. A path that servers would not agree on, which our own
     * front refuses, is taken as it came.
     */
    static RequestHash path() {
        return RequestPart.PATH;
    }

    /** The host's name in lower case, without port. */
    static RequestHash host() {
        return RequestPart.HOST;
    }

    /**
     * The address the front was called from, or the one its rules set ({@code set_remote_ip}): the last entry of {@code
     * X-Forwarded-For}, which our front appends. All before it was written by the client or by proxies before the
     * front, and is not believed. An IPv6 address counts as its network of 64 bits, {@code 2001:db8:0:1::/64}: a client
     * has all addresses of one. Where the field is missing or its last entry is no address, there is none.
     *
     * <p>The original's front appends its own address last, and before it what the client claims: behind that front all
     * requests share the front's address.
     */
    static RequestHash remoteIp() {
        return RequestPart.REMOTE_IP;
    }

    /**
     * The first field of that name.
     *
     * @throws IllegalArgumentException where it is no name of a field
     */
    static RequestHash header(String name) {
        return new NamedPart(NamedPart.Kind.HEADER, name);
    }

    /**
     * The first value, decoded, of that query argument.
     *
     * @throws IllegalArgumentException where the name is empty
     */
    static RequestHash query(String name) {
        return new NamedPart(NamedPart.Kind.QUERY, name);
    }

    /**
     * The first cookie of that name.
     *
     * @throws IllegalArgumentException where it is no name of a cookie
     */
    static RequestHash cookie(String name) {
        return new NamedPart(NamedPart.Kind.COOKIE, name);
    }

    /** The same, and that value where the request has none. */
    default RequestHash withDefault(String value) {
        return new DefaultedHash(this, value);
    }
}
