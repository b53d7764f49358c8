package io.thr.core.schedule;

/** What becomes of the slots of a member that is not heard of: nobody can tell whether it was killed or only paused. */
public enum LostSlots {
    /** They are free when its lease is over. */
    RELEASE,
    /** Each is kept until its request's deadline, for upstreams that must never see one call too many. */
    HOLD
}
