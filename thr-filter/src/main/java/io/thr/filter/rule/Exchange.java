package io.thr.filter.rule;

/** One request and its response on their way through the rules. */
public final class Exchange {

    private final RequestView request;

    /** A new exchange for that request. */
    public Exchange(RequestView request, String requestId) {
        this.request = request;
    }

    /** The request as it came. */
    public RequestView request() {
        return request;
    }
}
