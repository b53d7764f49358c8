package io.thr.dispatcher;

import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Claim.Origin;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;

/**
 * Decides what is to become of a claim: can it be read, is it still wanted, and may it run after what an earlier owner
 * may have done (RFC 9110 §9.2.2)? Threads may share it.
 */
final class Admission {

    // RFC 3986 §2.1; upstreams disagree on what such a path means, and ours does not send it
    private static final Pattern MALFORMED_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

    private static final Problem BAD_PATH =
            new Problem(400, "the path has a percent sign without two hexadecimal digits after it");

    static final Problem EXPIRED = new Problem(504, "the request waited in its queue for too long");

    static final Problem OUTCOME_UNKNOWN =
            new Problem(502, "its dispatcher was lost while the request ran: nobody knows how far it got", true);

    private final Duration maxLifetime;
    private final IntSupplier maxAttempts;
    private final InstantSource clock;

    /**
     * Admits by these bounds.
     *
     * @param maxLifetime how old a request may be when it is begun
     * @param maxAttempts how often a request that may be repeated is begun: it may be what kills dispatchers
     */
    Admission(Duration maxLifetime, IntSupplier maxAttempts, InstantSource clock) {
        this.maxLifetime = maxLifetime;
        this.maxAttempts = maxAttempts;
        this.clock = clock;
    }

    /** Never throws: no message may stop a dispatcher, whatever it does to the code that reads it. */
    Decision decide(Claim claim) {
        try {
            return read(claim);
        } catch (RuntimeException | StackOverflowError e) {
            return new Decision.Bury("could not be looked at: " + e, null, null);
        }
    }

    private Decision read(Claim claim) {
        RequestMessage message;
        try {
            message = MessageCodec.readRequest(claim.message());
        } catch (MalformedMessageException e) {
            return new Decision.Bury(String.valueOf(e.getMessage()), e.responseKey(), e.requestId());
        }
        if (MALFORMED_ESCAPE.matcher(message.path()).find()) {
            return new Decision.Refuse(message, BAD_PATH);
        }
        if (message.method().equals("CONNECT")) {
            return new Decision.Refuse(message, new Problem(501, "CONNECT cannot wait in a queue"));
        }
        if (claim.origin() == Origin.LOST_SENT) {
            return new Decision.Refuse(message, OUTCOME_UNKNOWN);
        }
        if (claim.origin() == Origin.EXPIRED || !clock.instant().isBefore(latestStart(message.extra()))) {
            return new Decision.Refuse(message, EXPIRED);
        }
        // What may be repeated is marked as sent only when its response has begun, for the mark costs a
        // round trip: a lost owner may have begun whatever was granted to it. It counts as an attempt, else a
        // request that kills its dispatcher would kill one after the other. What must not be repeated has never
        // been begun, or is refused above.
        int begun = message.isRepeatable() ? claim.attempts() : 0;
        RequestMessage next =
                begun == 0 ? message : message.withAttempt(message.extra().attempt() + begun);
        return next.extra().attempt() <= maxAttempts.getAsInt()
                ? new Decision.Run(next, begun)
                : new Decision.GiveUp(next, attemptsUsedUp(next));
    }

    private static Problem attemptsUsedUp(RequestMessage message) {
        int begun = message.extra().attempt() - 1;
        return new Problem(502, "the request was begun " + begun + " times and never came to an end");
    }

    /** After that it is not begun any more. */
    Instant latestStart(RequestExtra extra) {
        Instant oldest = Seconds.toInstant(extra.creationTime()).plus(maxLifetime);
        if (extra.deadline() == null) {
            return oldest;
        }
        Instant deadline = Seconds.toInstant(extra.deadline());
        return deadline.isBefore(oldest) ? deadline : oldest;
    }
}
