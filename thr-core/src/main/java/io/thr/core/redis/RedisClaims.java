package io.thr.core.redis;

import io.thr.core.claim.Claim;
import io.thr.core.claim.Claim.Taken;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Crash-safe taking: each message is moved from its queue to its member, and removed when it is answered. Threads may
 * share it; {@link #takeOver} is called by one at a time.
 *
 * <p>A member is known by its lease, begun and renewed by {@link #renew}: without one it takes nothing. When the lease
 * runs out, others take over what the member had claimed, and a late word of the member on those claims has no effect.
 * A member that lost its lease and renews comes back under another name, so that what it claimed before is nobody's but
 * whose takes it over (which may be itself), and no late command can touch what it claims from then on.
 *
 * <p>What must be done in the end (answering, giving back, dropping, burying) waits for a server that is away, and is
 * repeated when a reply was lost, which does no harm. Where a call that moves claims here has lost its reply, the next
 * one finds what it moved. All time is the server's.
 */
public final class RedisClaims {

    private static final LuaScript GIVE_BACK = LuaScript.load("claims_give_back");
    private static final LuaScript BURY = LuaScript.load("claims_bury");
    private static final LuaScript RENEW = LuaScript.load("member_renew");
    private static final LuaScript LEAVE = LuaScript.load("member_leave");
    private static final LuaScript LOST = LuaScript.load("member_lost");
    private static final LuaScript TAKE_OVER = LuaScript.load("claims_take_over");
    private static final LuaScript RECOVER = LuaScript.load("claims_recover");

    private static final int DEAD_LETTERS = 1000;
    private static final int TAKEN_OVER_AT_ONCE = 16;

    /** A request waits for this one, so not for long. */
    private static final Patience SOON = Patience.repeatable(Duration.ofSeconds(2));

    /** Longer than any lease: after that the claims are another's to let go of. */
    private static final Patience IN_THE_END = Patience.repeatable(Duration.ofSeconds(60));

    /** A lease that cannot be renewed within that must be looked at again. */
    private static final Patience LEASE = Patience.repeatable(Duration.ofSeconds(1));

    /** Only as long as it may be on its way. */
    private static final Duration TAKE_OVER_IN_TIME = Duration.ofSeconds(4);

    private final Redis redis;
    private final RedisKeys keys;
    private final String member;
    private final ServerClock clock = new ServerClock();

    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private final OpenCalls takeOvers = new OpenCalls(clock);
    private int lives;
    private boolean joined;

    private volatile String name;

    /** For that member of the bus; its name must be no other's, not even that of an earlier process. */
    public RedisClaims(Redis redis, RedisKeys keys, String member) {
        this.redis = redis;
        this.keys = keys;
        this.member = member;
        this.name = member;
    }

    /**
     * A connection of its own that waits for work on these queues, the preferred first; several where there are several
     * queues. It is made at the first {@link ClaimReader#take}, which needs a lease: {@link #renew} first.
     */
    public ClaimReader reader(List<String> queues) {
        if (queues.isEmpty()) {
            throw new IllegalArgumentException("queues: none (expected: at least one)");
        }
        List<String> fixed = List.copyOf(queues);
        ClaimTaker taker = new ClaimTaker(redis, keys, () -> name, fixed, clock);
        return fixed.size() == 1
                ? new OneQueueReader(taker, fixed.get(0))
                : new SeveralQueuesReader(redis, taker, fixed);
    }

    /**
     * Says that the claim will now be sent upstream; false where the claim is not this member's any more. Where the future
     * fails, the claim must not be sent.
     */
    public CompletableFuture<Boolean> markSent(Claim claim) {
        String me = name;
        // A marks, then looks; B takes over by moving claim and mark in one step. Either B comes before the look, then
        // A
        // finds no claim and sends nothing; or after it, then B finds the mark. So no script is needed, nor its cost.
        CompletableFuture<Boolean> marked = redis.call(
                List.of(
                        Command.of("SADD", keys.sent(me), claim.id()),
                        Command.of("HEXISTS", keys.claimed(me), field(claim))),
                SOON,
                replies -> replies.get(1).equals(1L));
        var unused = marked.thenAccept(ours -> {
            if (!ours) {
                var unusedEither =
                        redis.call(Command.of("SREM", keys.sent(me), claim.id()), IN_THE_END, removed -> removed);
            }
        });
        return marked;
    }

    /**
     * Puts the response on its key and lets go of the claim, in one step; tries again until {@code within} is over, so the
     * response may come twice. Where that was not enough, the claim is let go of all the same when the server is back.
     *
     * @param response not copied, and must not change any more
     * @param expiry of the response key, at least a second
     */
    public CompletableFuture<Void> answer(
            Claim claim, String responseKey, byte[] response, Duration expiry, Duration within) {
        String me = name;
        long seconds = Math.max(1, expiry.toSeconds());
        // MULTI, so that a server whose memory is full refuses all of it, and does not let go of what it has not
        // answered
        CompletableFuture<Void> answered = redis.call(
                List.of(
                        Command.of("MULTI"),
                        Command.of("LPUSH", responseKey, response),
                        Command.of("EXPIRE", responseKey, seconds),
                        Command.of("HDEL", keys.claimed(me), field(claim)),
                        Command.of("SREM", keys.sent(me), claim.id()),
                        Command.of("EXEC")),
                Patience.repeatable(within),
                replies -> allDone(replies.get(replies.size() - 1)));
        var unused = answered.whenComplete((done, failure) -> {
            if (failure instanceof RedisUnavailableException) {
                var unusedEither = drop(me, claim);
            }
        });
        return answered;
    }

    private static @Nullable Void allDone(Object executed) {
        if (executed instanceof List<?> replies) {
            for (Object reply : replies) {
                if (reply instanceof JedisDataException error) {
                    throw error;
                }
            }
        }
        return null;
    }

    /** Puts the message, changed or not, back on the end of its queue that is served next, where the claim still stands. */
    public CompletableFuture<Void> giveBack(Claim claim, byte[] message) {
        String me = name;
        return redis.call(
                GIVE_BACK,
                List.of(keys.claimed(me), keys.sent(me), claim.queue()),
                List.of(field(claim), claim.id(), message),
                IN_THE_END,
                done -> null);
    }

    /** Lets go of the claim without an answer. */
    public CompletableFuture<Void> drop(Claim claim) {
        return drop(name, claim);
    }

    private CompletableFuture<Void> drop(String me, Claim claim) {
        return redis.call(
                List.of(
                        Command.of("HDEL", keys.claimed(me), field(claim)),
                        Command.of("SREM", keys.sent(me), claim.id())),
                IN_THE_END,
                replies -> null);
    }

    /** Moves the message to the queue's dead letters with the reason, where the claim still stands; they keep 1,000. */
    public CompletableFuture<Void> bury(Claim claim, String reason) {
        String me = name;
        byte[] letter = DeadLetter.write(reason, Instant.ofEpochMilli(clock.millis()), claim.message());
        return redis.call(
                BURY,
                List.of(keys.claimed(me), keys.sent(me), RedisKeys.dead(claim.queue())),
                List.of(field(claim), claim.id(), letter, DEAD_LETTERS),
                IN_THE_END,
                done -> null);
    }

    /**
     * Renews this member's lease, or begins it; the reply says when another member's lease runs out first. Where the lease
     * had run out, the reply says so, and a new one has begun, under which nothing is claimed yet.
     */
    public CompletableFuture<Heartbeat> renew(Duration lease) {
        String me = name;
        boolean joins;
        lock.lock();
        try {
            joins = !joined;
        } finally {
            lock.unlock();
        }
        return renew(me, lease, joins).thenCompose(reply -> {
            if (joins) {
                lock.lock();
                try {
                    joined = true;
                } finally {
                    lock.unlock();
                }
                return CompletableFuture.completedFuture(new Heartbeat(true, reply.nextExpiry));
            }
            if (reply.held) {
                return CompletableFuture.completedFuture(reply);
            }
            return renew(nextName(me), lease, true).thenApply(anew -> new Heartbeat(false, anew.nextExpiry));
        });
    }

    private CompletableFuture<Heartbeat> renew(String me, Duration lease, boolean joins) {
        return redis.call(
                RENEW,
                List.of(keys.members()),
                List.of(me, lease.toMillis(), joins ? 1 : 0),
                LEASE,
                RedisClaims.this::heartbeat);
    }

    private Heartbeat heartbeat(Object reply) {
        List<?> parts = (List<?>) reply;
        clock.heard((Long) parts.get(1));
        long wait = (Long) parts.get(2);
        return new Heartbeat(parts.get(0).equals(1L), wait < 0 ? null : Duration.ofMillis(wait));
    }

    private String nextName(String lostName) {
        lock.lock();
        try {
            // two renewals may find the same lease lost
            if (name.equals(lostName)) {
                lives++;
                name = member + "~" + lives;
            }
            return name;
        } finally {
            lock.unlock();
        }
    }

    /** Takes over up to {@code max} claims of members whose lease has run out, 16 in a step. */
    public CompletableFuture<List<Claim>> takeOver(int max) {
        List<String> prefixes;
        lock.lock();
        try {
            prefixes = takeOvers.prefixesToAskFor();
        } finally {
            lock.unlock();
        }
        List<Claim> claims = new ArrayList<>();
        CompletableFuture<List<Claim>> all = prefixes.isEmpty()
                ? takeOver(max, claims)
                : recover(prefixes, claims).thenCompose(done -> takeOver(max, claims));
        // what earlier steps moved is this member's to process, whatever became of a later one
        return all.exceptionallyCompose(failure ->
                claims.isEmpty() ? CompletableFuture.failedFuture(failure) : CompletableFuture.completedFuture(claims));
    }

    private CompletableFuture<@Nullable Void> recover(List<String> prefixes, List<Claim> into) {
        String me = name;
        long askedMillis = clock.millis();
        return redis.call(RECOVER, List.of(keys.claimed(me), keys.sent(me)), prefixes, SOON, reply -> {
            lock.lock();
            try {
                for (Claim claim : claims((List<?>) reply, 0)) {
                    if (takeOvers.isNews(claim.id())) {
                        into.add(claim);
                    }
                }
                takeOvers.asked(prefixes, askedMillis);
            } finally {
                lock.unlock();
            }
            return null;
        });
    }

    private CompletableFuture<List<Claim>> takeOver(int max, List<Claim> claims) {
        if (claims.size() >= max) {
            return CompletableFuture.completedFuture(claims);
        }
        return redis.call(LOST, List.of(keys.members()), List.of(), SOON, ClaimTaker::textOrNull)
                .thenCompose(
                        lost -> lost == null ? CompletableFuture.completedFuture(claims) : takeOver(lost, max, claims));
    }

    private CompletableFuture<List<Claim>> takeOver(String lost, int max, List<Claim> claims) {
        String me = name;
        OpenCalls.Open call;
        lock.lock();
        try {
            call = takeOvers.begin(TAKE_OVER_IN_TIME);
        } finally {
            lock.unlock();
        }
        CompletableFuture<List<?>> moved = redis.call(
                TAKE_OVER,
                List.of(keys.members(), keys.claimed(lost), keys.sent(lost), keys.claimed(me), keys.sent(me)),
                List.of(
                        lost,
                        me,
                        Math.min(max - claims.size(), TAKEN_OVER_AT_ONCE),
                        call.prefix(),
                        call.validUntilMillis()),
                Patience.SHORT,
                reply -> (List<?>) reply);
        return moved.whenComplete((reply, failure) -> {
                    if (failure != null) {
                        lost(call, failure);
                    }
                })
                .thenCompose(reply -> continueWith(reply, max, claims));
    }

    private CompletableFuture<List<Claim>> continueWith(List<?> reply, int max, List<Claim> claims) {
        clock.heard((Long) reply.get(1));
        String outcome = ClaimTaker.text(reply.get(0));
        if (outcome.equals("taken")) {
            claims.addAll(claims(reply, 2));
            return takeOver(max, claims);
        }
        // too late, without a lease, or another was faster: the next heartbeat looks again
        return CompletableFuture.completedFuture(claims);
    }

    private void lost(OpenCalls.Open call, Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof RedisUnavailableException unavailable && unavailable.maybeDone()) {
            lock.lock();
            try {
                takeOvers.lost(call);
            } finally {
                lock.unlock();
            }
        }
    }

    private static List<Claim> claims(List<?> reply, int from) {
        List<Claim> claims = new ArrayList<>();
        for (int i = from; i + 3 < reply.size(); i += 4) {
            claims.add(new Claim(
                    ClaimTaker.text(reply.get(i)),
                    ClaimTaker.text(reply.get(i + 1)),
                    (byte[]) reply.get(i + 3),
                    reply.get(i + 2).equals(1L) ? Taken.FROM_LOST_SENT : Taken.FROM_LOST_UNSENT));
        }
        return claims;
    }

    /**
     * Leaves the bus; what is still claimed becomes free for others at once. What has not been sent yet is better given
     * back before. A renewal begins anew.
     */
    public CompletableFuture<Void> leave() {
        String me = name;
        lock.lock();
        try {
            joined = false;
            nextName(me);
        } finally {
            lock.unlock();
        }
        return redis.call(
                LEAVE, List.of(keys.members(), keys.claimed(me), keys.sent(me)), List.of(me), SOON, left -> null);
    }

    private static String field(Claim claim) {
        return claim.id() + " " + claim.queue();
    }

    /**
     * The reply to a renewal.
     *
     * @param held whether the lease was still held; false after it had run out, when claims may have gone to others
     * @param nextExpiry how long until the first lease of another member runs out, zero where one has; null where none
     */
    public record Heartbeat(boolean held, @Nullable Duration nextExpiry) {}
}
