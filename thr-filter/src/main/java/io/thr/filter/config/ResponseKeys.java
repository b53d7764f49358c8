package io.thr.filter.config;

/** On which Redis keys the filter awaits responses. */
public enum ResponseKeys {
    /** All requests of a filter share one key, read by one connection. */
    SHARED,
    /** Each request has a key of its own, as the original has it. */
    PER_REQUEST
}
