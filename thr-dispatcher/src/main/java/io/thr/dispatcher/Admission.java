package io.thr.dispatcher;

import io.thr.core.claim.Claim;
import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.regex.Pattern;

/**
 * Decides what is to become of a claim: can it be read, is it still wanted, and may it run after what an earlier owner
 * may have done (RFC 9110 §9.2.2)? Threads may share it.
 */
final class Admission {

    /** How often a request that may be repeated is begun before its client gets 502: it may be what kills dispatchers. */
    static final int MAX_ATTEMPTS = 3;

    // RFC 3986 §2.1; upstreams disagree on what such a path means, and ours does not send it
    private static final Pattern MALFORMED_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

    private static final Problem BAD_PATH =
            new Problem(400, "the path has a percent sign without two hexadecimal digits after it");

    static final Problem EXPIRED = new Problem(504, "the request waited in its queue for too long");

    static final Problem OUTCOME_UNKNOWN =
            new Problem(502, "its dispatcher was lost while the request ran: nobody knows how far it got", true);

    private static final Problem ATTEMPTS_USED_UP =
            new Problem(502, "the request was begun " + MAX_ATTEMPTS + " times and never came to an end");

    private final Duration maxLifetime;
    private final InstantSource clock;

    Admission(Duration maxLifetime, InstantSource clock) {
        this.maxLifetime = maxLifetime;
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
        boolean repeatable = message.isRepeatable();
        if (claim.taken() == Claim.Taken.FROM_LOST_SENT && !repeatable) {
            return new Decision.Refuse(message, OUTCOME_UNKNOWN);
        }
        if (!clock.instant().isBefore(latestStart(message.extra()))) {
            return new Decision.Refuse(message, EXPIRED);
        }
        // What may be repeated is never marked as sent, for the mark costs a round trip: a lost owner may have begun it
        // all the same. It counts as an attempt, else a request that kills its dispatcher would kill one after the
        // other.
        boolean mayHaveRun = claim.taken() != Claim.Taken.FROM_QUEUE && repeatable;
        RequestMessage next = mayHaveRun ? message.withAttempt(message.extra().attempt() + 1) : message;
        return next.extra().attempt() <= MAX_ATTEMPTS
                ? new Decision.Run(next)
                : new Decision.Refuse(next, ATTEMPTS_USED_UP);
    }

    private Instant latestStart(RequestExtra extra) {
        Instant oldest = Seconds.toInstant(extra.creationTime()).plus(maxLifetime);
        if (extra.deadline() == null) {
            return oldest;
        }
        Instant deadline = Seconds.toInstant(extra.deadline());
        return deadline.isBefore(oldest) ? deadline : oldest;
    }
}
