package io.thr.core.schedule;

/**
 * A message that a member owns: it has been taken off its queue and is not yet ended. It stands in Redis under the
 * member's name, so that nothing is lost when the member dies.
 *
 * @param id unique on the bus, the same from the taking off the queue to the end
 * @param owner the name under which the member owns it, which changes when it loses its lease: what is said of a claim
 *     under a name that does not own it any more has no effect
 * @param queue the list it was taken from, to which it can be given back
 * @param message the bytes of the request message
 * @param origin how it came to this member
 * @param order its place in its flow, to be kept where it is scheduled again; empty where it never was a ticket
 * @param attempts how often it has been begun before
 */
public record Claim(String id, String owner, String queue, byte[] message, Origin origin, String order, int attempts) {

    /** How a claim came to its member. */
    public enum Origin {
        /** From its queue: to be scheduled. */
        QUEUE,
        /** Granted by the scheduler: its slots are held, to be run. */
        GRANTED,
        /** Its deadline was over before it could run: to be answered. */
        EXPIRED,
        /** From a lost member, that had not said it would send it upstream. */
        LOST_UNSENT,
        /** From a lost member that had said it would send it, or had begun to answer it: it must not run again. */
        LOST_SENT
    }

    /** The same claim with that message. */
    public Claim withMessage(byte[] message) {
        return new Claim(id, owner, queue, message, origin, order, attempts);
    }
}
