package io.thr.filter.rule;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The request as the container gave it, read as far as it is asked for and never changed. {@link Exchange} puts the
 * changes of the rules over it.
 */
public interface RequestView {

    /** The method, case kept. */
    String method();

    /** The raw path, percent-encoding kept. */
    String rawPath();

    /** The path that is matched: decoded, without parameters, double slashes and dot segments. */
    String path();

    /** The raw query without its question mark, or null where there is none. */
    @Nullable
    String queryString();

    /** The {@code Host} as the client sent it, or the server's name and port where it sent none. */
    String host();

    /** {@code http} or {@code https}. */
    String scheme();

    /** The peer's address, canonical. */
    String remoteIp();

    /** The client's address: the peer's, or what trusted proxies say. */
    String realIp();

    /** The name of the authenticated user, or null. */
    @Nullable
    String principal();

    /** Whether the authenticated user has that role. */
    boolean hasRole(String role);

    /** The first value of that header, or null. */
    @Nullable
    String header(String name);

    /** All values of that header, in order. */
    List<String> headers(String name);

    /** The names of all headers, each once, in order. */
    List<String> headerNames();
}
