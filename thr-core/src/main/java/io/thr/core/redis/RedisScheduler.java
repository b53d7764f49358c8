package io.thr.core.redis;

import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Claim.Origin;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.Ending.Answer;
import io.thr.core.schedule.Ending.Bury;
import io.thr.core.schedule.Ending.GiveBack;
import io.thr.core.schedule.Expired;
import io.thr.core.schedule.LostSlots;
import io.thr.core.schedule.Outcome;
import io.thr.core.schedule.Pulse;
import io.thr.core.schedule.Scheduled;
import io.thr.core.schedule.Ticket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A member's part in the scheduler: claim, schedule, finish, renew, take over, expire. Each step is one script, atomic and
 * bounded; {@code lua/lib/scheduler.lua} draws what they keep, and says why nothing starves, leaks or is done twice.
 * Threads may share it; {@link #takeOver}, {@link #expire} and {@link #unknown} are each called by one at a time.
 *
 * <p>A member is known by its lease, begun and renewed by {@link #renew}: without one it is given nothing. When the lease
 * runs out, others take over what it owns, and a late word of the member on that has no effect, except that an answer
 * still reaches its front. A member that lost its lease and renews comes back under another name.
 *
 * <p>What must be done in the end waits for a server that is away, and is repeated when a reply was lost, which does no
 * harm. What a lost reply gave to the member is found by {@link #unknown}. All time is the server's.
 */
public final class RedisScheduler {

    /** What {@link BusControl#drain} says; no claim's id is like it. */
    static final String DRAIN = "drain";

    /** The most tickets or endings that one step takes, and the most it grants. */
    public static final int MOST = 16;

    private static final LuaScript SCHEDULE = LuaScript.load("schedule");
    private static final LuaScript FINISH = LuaScript.load("finish");
    private static final LuaScript EXPIRE = LuaScript.load("expire");
    private static final LuaScript RENEW = LuaScript.load("member_renew");
    private static final LuaScript LEAVE = LuaScript.load("member_leave");
    private static final LuaScript LOST = LuaScript.load("member_lost");
    private static final LuaScript TAKE_OVER = LuaScript.load("claims_take_over");
    private static final LuaScript ADOPT = LuaScript.load("claims_adopt");

    /** For connections beside the path of a request: an idle member should send less than a command a second in all. */
    private static final Duration BESIDE_BLOCK = Duration.ofSeconds(20);

    private static final int DEAD_LETTERS = 1000;

    /** A command holds up the whole server. */
    private static final int LOOK_AT = 1000;

    /** A request waits for this one, so not for long. */
    private static final Patience SOON = Patience.repeatable(Duration.ofSeconds(2));

    /** Longer than any lease: after that the claims are another's to let go of. */
    private static final Patience IN_THE_END = Patience.repeatable(Duration.ofSeconds(60));

    /** A lease that cannot be renewed within that must be looked at again. */
    private static final Patience LEASE = Patience.repeatable(Duration.ofSeconds(1));

    private final Redis redis;
    private final RedisKeys keys;
    private final String member;
    private final List<String> queues;
    private final ServerClock clock = new ServerClock();
    private final WaitingRoom room = new WaitingRoom();
    private final Owned owned = new Owned();
    private final SchedulerCalls calls;

    // guarded by this
    private int lives;
    private boolean joined;

    private volatile String name;
    /** How much it owns, as the last renewal told. */
    private volatile long owns;

    /**
     * For that member of the bus; its name must be no other's, not even that of an earlier process.
     *
     * @param queues all whose work it runs
     */
    public RedisScheduler(Redis redis, RedisKeys keys, String member, Collection<String> queues) {
        this.redis = redis;
        this.keys = keys;
        this.member = member;
        this.name = member;
        this.queues = List.copyOf(queues);
        this.calls = new SchedulerCalls(redis, keys);
    }

    /** What this member is called now: its name, and after a lost lease another. */
    public String name() {
        return name;
    }

    private <T> CompletableFuture<T> call(
            LuaScript script,
            String me,
            List<String> of,
            List<?> moreKeys,
            List<?> moreArguments,
            Patience patience,
            Function<Object, T> reading) {
        return calls.call(script, me, of, moreKeys, moreArguments, patience, reading);
    }

    /**
     * A connection of its own that waits for messages on these queues, the preferred first, and claims them; several
     * connections where there are several queues. It is made at the first {@link ClaimReader#take}, which needs a lease:
     * {@link #renew} first. While {@code maxWaiting} tickets wait on the bus it takes none.
     */
    public ClaimReader reader(List<String> of, int maxWaiting) {
        if (of.isEmpty()) {
            throw new IllegalArgumentException("queues: none (expected: at least one)");
        }
        List<String> fixed = List.copyOf(of);
        ClaimTaker taker = new ClaimTaker(redis, keys, () -> name, fixed, maxWaiting, clock, room, owned);
        return fixed.size() == 1
                ? new OneQueueReader(taker, fixed.get(0))
                : new SeveralQueuesReader(redis, taker, fixed);
    }

    /**
     * Waits, on a thread and a connection of their own, and calls back while something of that queue can run and nobody
     * has taken it. It asks again when the call returns, so that should take it before, by {@link #finish}, or wait until
     * the member has room.
     */
    public AutoCloseable wakes(String queue, Runnable somethingCanRun) {
        String key = keys.runnable(queue);
        Command wait = Command.of("BLMOVE", key, key, "LEFT", "LEFT", BESIDE_BLOCK.toSeconds());
        return loop("thr-redis-wakes", connection -> {
            if (connection.ask(List.of(wait)).get(0) != null) {
                somethingCanRun.run();
            }
        });
    }

    /**
     * Waits, on a thread and a connection of their own, for what others have to say to this member.
     *
     * @param cancelled called back with the id of each claim whose client has left
     * @param drain called back when it is to take nothing more and to end, once or more often; must not block
     */
    public AutoCloseable words(Consumer<String> cancelled, Runnable drain) {
        return loop("thr-redis-words", connection -> {
            Command wait = Command.of("BLPOP", keys.words(name), BESIDE_BLOCK.toSeconds());
            Object reply = connection.ask(List.of(wait)).get(0);
            if (reply == null) {
                return;
            }
            String word = ClaimTaker.text(ScheduleReply.list(reply).get(1));
            if (word.equals(DRAIN)) {
                drain.run();
            } else {
                cancelled.accept(word);
            }
        });
    }

    private BlockingLoop loop(String threadName, Consumer<BlockingConnection> once) {
        BlockingLoop loop = new BlockingLoop(threadName, redis, BESIDE_BLOCK, new BlockingLoop.Cycle() {
            @Override
            public void connected(BlockingConnection connection) {}

            @Override
            public void once(BlockingConnection connection) {
                once.accept(connection);
            }
        });
        loop.start();
        return loop;
    }

    /**
     * Makes tickets of claims of this member, and takes what it may run at once. A claim of a name under which the lease
     * was lost is another's.
     *
     * @param of the queues of the route, the preferred first, from which it takes
     * @param tickets up to 16, the most urgent first
     * @param want how many it can run now, 0 to 16
     * @param maxima of the limits of these tickets, which hold where Redis knows of none
     */
    public CompletableFuture<Scheduled> schedule(
            List<String> of, List<Ticket> tickets, int want, Map<String, Integer> maxima) {
        String me = name;
        List<Ticket> mine = new ArrayList<>(tickets.size());
        for (Ticket ticket : tickets) {
            if (ticket.claim().owner().equals(me)) {
                mine.add(ticket);
            } else {
                owned.gone(ticket.claim().id(), ticket.claim().owner());
            }
        }
        if (mine.size() == tickets.size()) {
            return schedule(me, of, tickets, want, maxima);
        }
        CompletableFuture<Scheduled> scheduled =
                mine.isEmpty() ? finish(me, of, List.of(), want, SOON) : schedule(me, of, mine, want, maxima);
        return scheduled.thenApply(some -> {
            Iterator<Outcome> outcomes = some.outcomes().iterator();
            List<Outcome> all = tickets.stream()
                    .map(ticket -> ticket.claim().owner().equals(me) ? outcomes.next() : new Outcome.Lost())
                    .toList();
            return new Scheduled(all, some.granted(), some.waiting());
        });
    }

    private CompletableFuture<Scheduled> schedule(
            String me, List<String> of, List<Ticket> tickets, int want, Map<String, Integer> maxima) {
        List<Object> arguments = new ArrayList<>();
        arguments.add(want);
        Map<String, Integer> involved = new TreeMap<>();
        for (Ticket ticket : tickets) {
            for (String counter : ticket.flow().counters()) {
                int cut = counter.indexOf("==");
                String limit = cut < 0 ? counter : counter.substring(0, cut);
                Integer max = maxima.get(limit);
                if (max != null) {
                    involved.put(limit, max);
                }
            }
        }
        arguments.add(involved.size());
        involved.forEach((limit, max) -> {
            arguments.add(limit);
            arguments.add(max);
        });
        Map<String, byte[]> messages = new LinkedHashMap<>();
        for (Ticket ticket : tickets) {
            messages.put(ticket.claim().id(), ticket.claim().message());
            arguments.add(ticket.claim().id());
            arguments.add(ticket.request());
            arguments.add(ticket.flow().name());
            arguments.add(ticket.claim().order());
            arguments.add(ticket.headStartMillis());
            arguments.add(ticket.deadlineMillis());
            arguments.add(ticket.attempts());
        }
        return call(SCHEDULE, me, of, List.of(), arguments, SOON, reply -> {
            List<?> parts = ScheduleReply.list(reply);
            if (ClaimTaker.text(parts.get(0)).equals("no lease")) {
                throw noLease(me);
            }
            List<Outcome> outcomes = ScheduleReply.outcomes(parts.get(3));
            for (int i = 0; i < outcomes.size(); i++) {
                String id = tickets.get(i).claim().id();
                if (outcomes.get(i) instanceof Outcome.Lost) {
                    owned.gone(id, me);
                } else if (outcomes.get(i) instanceof Outcome.Waits && owned.waits(id, me)) {
                    outcomes.set(i, new Outcome.Runs());
                }
            }
            List<Claim> granted = new ArrayList<>();
            for (Claim claim : granted(parts.get(4), me)) {
                byte[] own = messages.get(claim.id());
                granted.add(own == null ? claim : claim.withMessage(own));
            }
            return scheduled(outcomes, granted, parts.get(1), parts.get(2));
        });
    }

    private RedisUnavailableException noLease(String me) {
        return new RedisUnavailableException(
                redis.url() + ": member " + me + " holds no lease (expected: renewed before)", false, null);
    }

    private List<Claim> granted(Object reply, String me) {
        List<Claim> granted = new ArrayList<>();
        for (Object grant : ScheduleReply.list(reply)) {
            Claim claim = ScheduleReply.granted(grant, me, Origin.GRANTED);
            if (owned.granted(claim.id(), me)) {
                granted.add(claim);
            }
        }
        return granted;
    }

    private Scheduled scheduled(List<Outcome> outcomes, List<Claim> granted, Object waiting, Object others) {
        room.heard(ScheduleReply.number(waiting));
        var unusedWake = calls.wake(ScheduleReply.texts(others));
        return new Scheduled(outcomes, granted, ScheduleReply.number(waiting));
    }

    /**
     * Ends claims, each with its last word, gives back their slots, and takes what may run then.
     *
     * <p>It is tried until {@code within} is over. Where that was not enough the future fails, and the claims are let go of
     * all the same when the server is back. An answer may come twice.
     *
     * @param of the queues of the route, the preferred first, from which it takes
     * @param endings up to 16, all of one owner; none: it only takes
     * @param want how many more the member can run, 0 to 16
     * @return what it may run; no outcomes
     */
    public CompletableFuture<Scheduled> finish(List<String> of, List<Ending> endings, int want, Duration within) {
        String me = endings.isEmpty() ? name : endings.get(0).claim().owner();
        for (Ending ending : endings) {
            if (!ending.claim().owner().equals(me)) {
                throw new IllegalArgumentException(
                        "endings: of " + ending.claim().owner() + " (expected: of " + me + ", as the first)");
            }
        }
        return finish(me, of, endings, want, Patience.repeatable(within));
    }

    private CompletableFuture<Scheduled> finish(
            String me, List<String> of, List<Ending> endings, int want, Patience patience) {
        List<String> moreKeys = new ArrayList<>();
        List<Object> arguments = new ArrayList<>();
        arguments.add(want);
        for (Ending ending : endings) {
            arguments.add(ending.claim().id());
            lastWord(ending, moreKeys, arguments);
        }
        CompletableFuture<Scheduled> finished = call(FINISH, me, of, moreKeys, arguments, patience, reply -> {
            endings.forEach(ending -> owned.gone(ending.claim().id(), me));
            List<?> parts = ScheduleReply.list(reply);
            return scheduled(List.of(), granted(parts.get(4), me), parts.get(1), parts.get(2));
        });
        return finished.whenComplete((done, failure) -> {
            if (failure != null) {
                notSaid(me, of, endings, failure);
            }
        });
    }

    /**
     * Where the server was away for too long the front has given up, so an answer becomes a drop. What cannot be let go of is
     * forgotten: where it is the member's all the same when the server is back, it is {@link #unknown} then. Where the server
     * refuses, for want of memory, the claim stays: the caller tries again, or drops it.
     */
    private void notSaid(String me, List<String> of, List<Ending> endings, Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        boolean outOfReach = cause instanceof RedisUnavailableException;
        List<Ending> drops = new ArrayList<>();
        for (Ending ending : endings) {
            if (outOfReach && ending.lastWord() instanceof Answer) {
                drops.add(new Ending(ending.claim(), new Ending.Drop()));
            } else if (outOfReach || ending.lastWord() instanceof Ending.Drop) {
                owned.gone(ending.claim().id(), me);
            }
        }
        if (!drops.isEmpty()) {
            var unused = finish(me, of, drops, 0, IN_THE_END);
        }
    }

    private void lastWord(Ending ending, List<String> moreKeys, List<Object> arguments) {
        if (ending.lastWord() instanceof Answer answer) {
            add(arguments, "answer", keyAt(moreKeys, answer.responseKey()), answer.response(), seconds(answer));
        } else if (ending.lastWord() instanceof GiveBack back) {
            add(arguments, "give_back", keyAt(moreKeys, ending.claim().queue()), back.message(), 0);
        } else if (ending.lastWord() instanceof Bury bury) {
            byte[] letter = DeadLetter.write(
                    bury.reason(),
                    Instant.ofEpochMilli(clock.millis()),
                    ending.claim().message());
            int key = keyAt(moreKeys, RedisKeys.dead(ending.claim().queue()));
            add(arguments, "bury", key, letter, DEAD_LETTERS);
        } else {
            add(arguments, "drop", 0, "", 0);
        }
    }

    private static long seconds(Answer answer) {
        return Math.max(1, answer.expiry().toSeconds());
    }

    private static int keyAt(List<String> moreKeys, String key) {
        int at = moreKeys.indexOf(key);
        if (at < 0) {
            moreKeys.add(key);
            return moreKeys.size();
        }
        return at + 1;
    }

    private static void add(List<Object> arguments, String action, int key, Object payload, long number) {
        arguments.add(action);
        arguments.add(key);
        arguments.add(payload);
        arguments.add(number);
    }

    /**
     * Says that the claim will now be sent upstream; false where the claim is not this member's any more. Where the future
     * fails, the claim must not be sent.
     */
    public CompletableFuture<Boolean> markSent(Claim claim) {
        String me = claim.owner();
        if (!isMine(claim)) {
            return CompletableFuture.completedFuture(false);
        }
        // A marks, then looks; B takes over by moving claim and mark in one step. Either B comes before the look, then
        // A finds no claim and sends nothing; or after it, then B finds the mark. So no script is needed, nor its cost.
        CompletableFuture<Boolean> marked = redis.call(
                List.of(
                        Command.of("SADD", keys.sent(me), claim.id()),
                        Command.of("HEXISTS", keys.claimed(me), claim.id())),
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

    /** Whether the claim is owned under the name that this member has now: under an earlier one its lease ran out. */
    public boolean isMine(Claim claim) {
        return claim.owner().equals(name);
    }

    /** Renews this member's lease, or begins it. Where it had run out, the pulse says so, and a new one has begun. */
    public CompletableFuture<Pulse> renew(Duration lease) {
        String me = name;
        boolean joins;
        synchronized (this) {
            joins = !joined;
        }
        return renew(me, lease, joins).thenCompose(pulse -> {
            if (joins) {
                synchronized (this) {
                    joined = true;
                }
                return CompletableFuture.completedFuture(
                        new Pulse(true, pulse.nextExpiry(), pulse.nextDeadline(), pulse.waiting()));
            }
            if (pulse.held()) {
                return CompletableFuture.completedFuture(pulse);
            }
            return renew(nextName(me), lease, true)
                    .thenApply(anew -> new Pulse(false, anew.nextExpiry(), anew.nextDeadline(), anew.waiting()));
        });
    }

    private CompletableFuture<Pulse> renew(String me, Duration lease, boolean joins) {
        List<Object> arguments = List.of(lease.toMillis(), joins ? 1 : 0);
        return call(RENEW, me, queues, List.of(), arguments, LEASE, reply -> {
            List<?> parts = ScheduleReply.list(reply);
            clock.heard(ScheduleReply.number(parts.get(1)));
            room.heard(ScheduleReply.number(parts.get(4)));
            owns = ScheduleReply.number(parts.get(3));
            return new Pulse(
                    parts.get(0).equals(1L),
                    millisOrNull(parts.get(2)),
                    millisOrNull(parts.get(5)),
                    ScheduleReply.number(parts.get(4)));
        });
    }

    private static @Nullable Duration millisOrNull(Object reply) {
        long millis = ScheduleReply.number(reply);
        return millis < 0 ? null : Duration.ofMillis(millis);
    }

    private synchronized String nextName(String lostName) {
        // two renewals may find the same lease lost
        if (name.equals(lostName)) {
            lives++;
            name = member + "~" + lives;
        }
        return name;
    }

    /**
     * What this member owns in Redis and does not know of, because a reply was lost: granted, or claimed and still to be
     * scheduled. It looks at all that the member owns, in small steps, where the last renewal told of any; and it looks
     * twice before it believes, so it is called with every renewal.
     */
    public CompletableFuture<List<Claim>> unknown() {
        if (owns == 0) {
            return CompletableFuture.completedFuture(List.of());
        }
        String me = name;
        List<String> unknown = new ArrayList<>();
        return look(me, "0", unknown).thenCompose(done -> adopt(me, owned.unknown(unknown, me)));
    }

    private CompletableFuture<Void> look(String me, String cursor, List<String> unknown) {
        Command page = Command.of("HSCAN", keys.claimed(me), cursor, "COUNT", LOOK_AT);
        return redis.call(page, SOON, ScheduleReply::list).thenCompose(reply -> {
            List<String> fields = ScheduleReply.texts(reply.get(1));
            for (int i = 0; i < fields.size(); i += 2) {
                if (!owned.isKnown(fields.get(i), me)) {
                    unknown.add(fields.get(i));
                }
            }
            String next = ClaimTaker.text(reply.get(0));
            return next.equals("0") ? CompletableFuture.completedFuture(null) : look(me, next, unknown);
        });
    }

    private CompletableFuture<List<Claim>> adopt(String me, List<String> ids) {
        if (ids.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        List<String> some = ids.subList(0, Math.min(MOST, ids.size()));
        CompletableFuture<List<Claim>> adopted = call(ADOPT, me, List.of(), List.of(), some, SOON, reply -> {
            List<Claim> claims = new ArrayList<>();
            for (Object one : ScheduleReply.list(reply)) {
                Claim claim = ScheduleReply.adopted(one, me);
                if (owned.adopt(claim.id(), me, claim.origin() == Origin.GRANTED)) {
                    claims.add(claim);
                }
            }
            return claims;
        });
        return adopted.thenCompose(claims -> adopt(me, ids.subList(some.size(), ids.size()))
                // what was adopted is this member's to process, whatever became of the others, which are found again
                .exceptionally(failure -> List.of())
                .thenApply(more -> {
                    claims.addAll(more);
                    return claims;
                }));
    }

    /** Takes over up to {@code max} claims of members whose lease has run out, 16 in a step. */
    public CompletableFuture<List<Claim>> takeOver(int max, LostSlots lostSlots) {
        return takeOver(max, lostSlots, new ArrayList<>());
    }

    private CompletableFuture<List<Claim>> takeOver(int max, LostSlots lostSlots, List<Claim> claims) {
        if (claims.size() >= max) {
            return CompletableFuture.completedFuture(claims);
        }
        CompletableFuture<List<Claim>> all = redis.call(
                        LOST, List.of(keys.members()), List.of(), SOON, ClaimTaker::textOrNull)
                .thenCompose(lost -> lost == null
                        ? CompletableFuture.completedFuture(claims)
                        : takeOver(lost, max, lostSlots, claims));
        // what earlier steps moved is this member's to process, whatever became of a later one
        return all.exceptionallyCompose(failure ->
                claims.isEmpty() ? CompletableFuture.failedFuture(failure) : CompletableFuture.completedFuture(claims));
    }

    private CompletableFuture<List<Claim>> takeOver(String lost, int max, LostSlots lostSlots, List<Claim> claims) {
        String me = name;
        List<Object> arguments =
                List.of(lost, Math.min(max - claims.size(), MOST), lostSlots == LostSlots.HOLD ? "hold" : "release");
        List<String> theirs = List.of(keys.claimed(lost), keys.sent(lost));
        return call(TAKE_OVER, me, queues, theirs, arguments, Patience.SHORT, reply -> {
                    List<?> parts = ScheduleReply.list(reply);
                    if (!ClaimTaker.text(parts.get(0)).equals("taken")) {
                        // without a lease, or another was faster: the next beat looks again
                        return false;
                    }
                    var unusedWake = calls.wake(ScheduleReply.texts(parts.get(1)));
                    for (Object one : parts.subList(2, parts.size())) {
                        Claim claim = ScheduleReply.takenOver(one, me);
                        if (owned.taken(claim.id(), me)) {
                            claims.add(claim);
                        }
                    }
                    return true;
                })
                .thenCompose(
                        taken -> taken ? takeOver(max, lostSlots, claims) : CompletableFuture.completedFuture(claims));
    }

    /** Takes tickets that waited until their deadline, up to 16, to be answered; and gives back slots that were withheld. */
    public CompletableFuture<Expired> expire() {
        String me = name;
        return call(EXPIRE, me, queues, List.of(), List.of(MOST), SOON, reply -> {
            List<?> parts = ScheduleReply.list(reply);
            if (parts.get(0).equals(0L)) {
                throw noLease(me);
            }
            var unusedWake = calls.wake(ScheduleReply.texts(parts.get(1)));
            List<Claim> claims = new ArrayList<>();
            for (Object one : ScheduleReply.list(parts.get(3))) {
                Claim claim = ScheduleReply.granted(one, me, Origin.EXPIRED);
                if (owned.taken(claim.id(), me)) {
                    claims.add(claim);
                }
            }
            return new Expired(claims, ScheduleReply.number(parts.get(2)) >= MOST, millisOrNull(parts.get(4)));
        });
    }

    /** Ends this member's lease; what it still owns others take over at once. */
    public CompletableFuture<Void> leave() {
        return call(LEAVE, name, queues, List.of(), List.of(), SOON, left -> null);
    }
}
