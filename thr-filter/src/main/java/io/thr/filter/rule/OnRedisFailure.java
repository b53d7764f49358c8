package io.thr.filter.rule;

/** What becomes of a request that should be queued while Redis cannot be reached. */
public enum OnRedisFailure {
    /** The request goes on to the application behind the filter. */
    OPEN,
    /** The request is answered with 503. */
    CLOSED
}
