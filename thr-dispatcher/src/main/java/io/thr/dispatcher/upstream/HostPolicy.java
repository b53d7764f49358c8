package io.thr.dispatcher.upstream;

/** What the Host field of a request to an upstream says; in HTTP/2 {@code :authority}. */
public enum HostPolicy {
    /** The upstream's own name and port. */
    UPSTREAM,
    /** What the client asked for. */
    CLIENT
}
