package io.thr.core.redis;

import io.thr.core.claim.Claim;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Crash-safe taking: each message is moved from its queue to its member, and removed when it is answered. */
public final class RedisClaims {

    /** For that member of the bus. */
    public RedisClaims(Redis redis, RedisKeys keys, String member) {}

    /** A connection of its own that waits for work on these queues, the preferred first. */
    public ClaimReader reader(List<String> queues) {
        throw new IllegalStateException("to be written");
    }

    /** Says that the claim will now be sent upstream; false where the claim is not this member's any more. */
    public CompletableFuture<Boolean> markSent(Claim claim) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /** Puts the response on its key and lets go of the claim, in one step; tries again until {@code within} is over. */
    public CompletableFuture<Void> answer(
            Claim claim, String responseKey, byte[] response, Duration expiry, Duration within) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /** Puts the message, changed or not, back on the end of its queue that is served next. */
    public CompletableFuture<Void> giveBack(Claim claim, byte[] message) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /** Lets go of the claim without an answer. */
    public CompletableFuture<Void> drop(Claim claim) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /** Moves the message to the queue's dead letters with the reason. */
    public CompletableFuture<Void> bury(Claim claim, String reason) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /** Renews this member's lease; the reply says when another member's lease runs out first. */
    public CompletableFuture<Heartbeat> renew(Duration lease) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /** Takes over up to {@code max} claims of members whose lease has run out. */
    public CompletableFuture<List<Claim>> takeOver(int max) {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /** Leaves the bus; what is still claimed becomes free for others at once. */
    public CompletableFuture<Void> leave() {
        return CompletableFuture.failedFuture(new IllegalStateException("to be written"));
    }

    /**
     * The reply to a renewal.
     *
     * @param held whether the lease was still held; false after it had run out, when claims may have gone to others
     * @param nextExpiry how long until the first lease of another member runs out, zero where one has; null where none
     */
    public record Heartbeat(
            boolean held, @org.jspecify.annotations.Nullable Duration nextExpiry) {}
}
