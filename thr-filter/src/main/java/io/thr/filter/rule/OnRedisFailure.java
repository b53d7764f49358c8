package io.thr.filter.rule;

/** What becomes of a request that should be queued, or counted by a rate policy, while Redis cannot be reached. */
public enum OnRedisFailure {
    /** The request goes on to the application behind the filter. */
    OPEN,
    /** The request is answered with 503. */
    CLOSED,
    /**
     * Rate policies are decided by this node alone, each with its share: the quota divided by the number of nodes. A request
     * that should be queued is answered with 503.
     */
    LOCAL
}
