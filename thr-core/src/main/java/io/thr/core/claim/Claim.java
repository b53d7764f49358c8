package io.thr.core.claim;

/**
 * A message that a member has taken off a queue and not yet answered. It stands in Redis under the member's name until
 * it is answered, given back or buried, so that nothing is lost when the member dies.
 *
 * @param id unique on the bus
 * @param queue the list it was taken from, to which it can be given back
 * @param message the bytes of the request message
 * @param taken how it came to this member
 */
public record Claim(String id, String queue, byte[] message, Taken taken) {

    /** How a claim came to its member. */
    public enum Taken {
        /** From its queue. */
        FROM_QUEUE,
        /** From a lost member that had not yet begun to send it upstream: any method may run. */
        FROM_LOST_UNSENT,
        /** From a lost member that had said it would send it: only what is safe to repeat may run again. */
        FROM_LOST_SENT
    }
}
