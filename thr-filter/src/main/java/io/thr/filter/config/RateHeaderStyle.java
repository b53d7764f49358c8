package io.thr.filter.config;

/** By which fields a response tells how its client's quotas stand. */
public enum RateHeaderStyle {
    /**
     * {@code RateLimit-Policy: "burst";q=100;w=60} and {@code RateLimit: "burst";r=50;t=30}, all policies in each: structured
     * fields (RFC 9651) as in draft-ietf-httpapi-ratelimit-headers, from its revision 08 to 11. A draft may change, and a
     * later one will get a style of its own.
     */
    DRAFT,
    /**
     * {@code X-RateLimit-Limit}, {@code X-RateLimit-Remaining} and {@code X-RateLimit-Reset}, of the policy that has least
     * left of its quota; the reset in seconds from now, as others count it too.
     */
    LEGACY,
    /** By none. */
    NONE
}
