package io.thr.core.redis;

import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.Expired;
import io.thr.core.schedule.LostSlots;
import io.thr.core.schedule.Pulse;
import io.thr.core.schedule.Scheduled;
import io.thr.core.schedule.Ticket;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Seam. */
public final class RedisScheduler {

    /** The most tickets or endings that one step takes, and the most it grants. */
    public static final int MOST = 16;

    /** For that member of the bus, which runs what comes on these queues. */
    public RedisScheduler(Redis redis, RedisKeys keys, String member, Collection<String> queues) {
        throw new UnsupportedOperationException();
    }

    /** A connection of its own that waits for messages on these queues and claims them; takes none while {@code maxWaiting} tickets wait. */
    public ClaimReader reader(List<String> queues, int maxWaiting) {
        throw new UnsupportedOperationException();
    }

    /** A connection of its own that calls back while something of that queue can run and nobody has taken it; callback may block. */
    public AutoCloseable wakes(String queue, Runnable somethingCanRun) {
        throw new UnsupportedOperationException();
    }

    /** A connection of its own that names claims (ids) of this member whose client has left. */
    public AutoCloseable cancellations(Consumer<String> claimId) {
        throw new UnsupportedOperationException();
    }

    /** Schedules up to 16 claims of this member; queues: those of the route, in order of preference; want 0..16. */
    public CompletableFuture<Scheduled> schedule(
            List<String> queues, List<Ticket> tickets, int want, Map<String, Integer> limits) {
        throw new UnsupportedOperationException();
    }

    /** Ends up to 16 claims and takes up to want tickets of these queues; retried within that time. */
    public CompletableFuture<Scheduled> finish(List<String> queues, List<Ending> endings, int want, Duration within) {
        throw new UnsupportedOperationException();
    }

    /** As of RedisClaims. */
    public CompletableFuture<Boolean> markSent(Claim claim) {
        throw new UnsupportedOperationException();
    }

    /** Renews or begins the lease. */
    public CompletableFuture<Pulse> renew(Duration lease) {
        throw new UnsupportedOperationException();
    }

    /** Claims that this member owns in Redis and does not know of, because a reply was lost; mostly empty, without asking. GRANTED or QUEUE. */
    public CompletableFuture<List<Claim>> unknown() {
        throw new UnsupportedOperationException();
    }

    /** Takes over up to max claims of members whose lease has run out. */
    public CompletableFuture<List<Claim>> takeOver(int max, LostSlots lostSlots) {
        throw new UnsupportedOperationException();
    }

    /** Takes what waited until its deadline. */
    public CompletableFuture<Expired> expire() {
        throw new UnsupportedOperationException();
    }

    /** Sets maxima in force; null-free; removed: names of limits that are no more. */
    public CompletableFuture<Void> setLimits(Map<String, Integer> limits, Collection<String> removed) {
        throw new UnsupportedOperationException();
    }

    /** The maxima in force. */
    public CompletableFuture<Map<String, Integer>> limits() {
        throw new UnsupportedOperationException();
    }

    /** How many run in each counter now. */
    public CompletableFuture<Map<String, Long>> counts() {
        throw new UnsupportedOperationException();
    }

    /** How many wait for each counter now (by the counter their flow is parked for). */
    public CompletableFuture<Map<String, Long>> blocked() {
        throw new UnsupportedOperationException();
    }

    /** Leaves. */
    public CompletableFuture<Void> leave() {
        throw new UnsupportedOperationException();
    }
}
