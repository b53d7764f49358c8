package io.thr.core.rate;

/** What becomes of a request when a policy has no room for it. */
public enum OnExceeded {
    /** It is refused. */
    REJECT,
    /** It waits until there is room, if that is soon enough; else it is refused. */
    DELAY,
    /** It is granted, and told apart: its owner puts it on a queue. */
    QUEUE
}
