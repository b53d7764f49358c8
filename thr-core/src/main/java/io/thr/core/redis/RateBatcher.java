package io.thr.core.redis;

import io.thr.core.log.StormLog;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends the decisions that wait together as one call, and those that ask for the same as one decision.
 *
 * <p>After Nagle, as {@link Lane} does it, but for scripts: a decision that finds a call free goes at once, alone; while both
 * calls are in flight, what comes waits and goes together as soon as one returns. What asks for the same as a decision in
 * flight waits for that one, so that a key that everybody asks for makes one call at a time, as large as the number of those
 * who ask.
 *
 * <p>Every future ends soon: what has not been answered in time fails, and so does all that waits behind it. Futures end on
 * the thread of a lane or of the timer: what depends on them must not block. Threads may share it.
 */
final class RateBatcher {

    private static final Logger LOG = System.getLogger(RateBatcher.class.getName());

    private static final int CALLS = 2;

    /** So many must wait before a second call is made while one is under way. */
    private static final int SECOND = 8;

    /** Decisions in one call, and charges: what a script takes that holds up the server for less than a millisecond. */
    private static final int MAX_DECISIONS = 64;

    private static final int MAX_CHARGES = 512;

    private static final int MAX_WAITING = 100_000;

    /** A timer that comes later than that has been kept from running, and so have the readers. */
    private static final long OWN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Redis redis;
    private final RedisKeys names;
    private final RateFunctions functions;
    private final RateDenials denials;
    private final RateLeases leases;
    private final RateBreaker breaker;
    private final ScheduledExecutorService timer;
    private final RateOverflow overflow = new RateOverflow();
    private final long patienceNanos;

    /** Made before it is needed: in a young JVM, putting it together takes longer than there is time then. */
    private final String noAnswer;

    private final LongSupplier longestDelayMillis;

    private final StormLog refused = StormLog.onceAMinute(LOG);

    /** It is held for less than a microsecond, but those who spin for it keep the others from the few cores there are. */
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private final LinkedHashMap<List<RateCharge>, Group> pending = new LinkedHashMap<>();
    private final Map<List<RateCharge>, Group> inFlight = new HashMap<>();
    private final List<Batch> batches = new ArrayList<>(CALLS);
    private int free = CALLS;
    private int underWay;
    private int waiting;
    private boolean watched;

    RateBatcher(
            Redis redis,
            RedisKeys names,
            RateFunctions functions,
            RateDenials denials,
            RateLeases leases,
            RateBreaker breaker,
            ScheduledExecutorService timer,
            long patienceMillis,
            LongSupplier longestDelayMillis) {
        this.redis = redis;
        this.names = names;
        this.functions = functions;
        this.denials = denials;
        this.leases = leases;
        this.breaker = breaker;
        this.timer = timer;
        this.patienceNanos = TimeUnit.MILLISECONDS.toNanos(patienceMillis);
        this.noAnswer = redis.url() + ": rate_decide: no answer within " + patienceMillis + " ms";
        this.longestDelayMillis = longestDelayMillis;
    }

    /** Those who ask for the same. Guarded by the lock until it is in flight, then whoever took it out owns it. */
    private static final class Group {

        private final List<RateCharge> charges;
        private final long sinceNanos;
        private List<CompletableFuture<RateDecision>> waiters = new ArrayList<>(1);

        /** Those who came while it was in flight. */
        private @Nullable Group next;

        Group(List<RateCharge> charges, long sinceNanos) {
            this.charges = charges;
            this.sinceNanos = sinceNanos;
        }

        /** Leaves those for later who are too many for one decision. */
        void split() {
            int most = waiters.size() == 1 ? 1 : RateCall.mostAlike(charges);
            if (waiters.size() > most) {
                Group rest = new Group(charges, sinceNanos);
                rest.waiters.addAll(waiters.subList(most, waiters.size()));
                waiters = new ArrayList<>(waiters.subList(0, most));
                next = rest;
            }
        }
    }

    /** What is in flight as one call. */
    private static final class Batch {

        private final List<Group> groups = new ArrayList<>();
        private long sentNanos;
        private boolean abandoned;
    }

    /** Decides with the next call. */
    CompletableFuture<RateDecision> decide(List<RateCharge> charges) {
        CompletableFuture<RateDecision> future = new CompletableFuture<>();
        Batch batch;
        long now = System.nanoTime();
        lock.lock();
        try {
            // it may have been found away after the caller looked: then nobody would come for what waits here
            RedisUnavailableException away = breaker.reason();
            if (away != null) {
                return CompletableFuture.failedFuture(away);
            }
            if (waiting >= MAX_WAITING) {
                return CompletableFuture.failedFuture(new RedisUnavailableException(
                        redis.url() + ": rate_decide: too many decisions wait: " + waiting, false, null));
            }
            groupOf(charges, now).waiters.add(future);
            waiting++;
            batch = nextBatch(now);
        } finally {
            lock.unlock();
        }
        send(batch);
        return future;
    }

    // under lock
    private Group groupOf(List<RateCharge> charges, long now) {
        Group flying = inFlight.get(charges);
        if (flying != null) {
            Group next = flying.next;
            if (next == null) {
                next = new Group(charges, now);
                flying.next = next;
            }
            return next;
        }
        return pending.computeIfAbsent(charges, asked -> new Group(asked, now));
    }

    /** What is to be sent now by whoever gets it; null where both calls are in flight, or nobody waits. */
    private @Nullable Batch nextBatch(long now) {
        // under lock
        if (free == 0 || pending.isEmpty() || (underWay > 0 && pending.size() < SECOND)) {
            return null;
        }
        Batch batch = new Batch();
        int charges = 0;
        for (Iterator<Group> groups = pending.values().iterator(); groups.hasNext(); ) {
            Group group = groups.next();
            charges += group.charges.size();
            if (batch.groups.size() == MAX_DECISIONS || (charges > MAX_CHARGES && !batch.groups.isEmpty())) {
                break;
            }
            groups.remove();
            group.split();
            batch.groups.add(group);
            inFlight.put(group.charges, group);
        }
        batch.sentNanos = now;
        batches.add(batch);
        free--;
        underWay++;
        watch(patienceNanos);
        return batch;
    }

    // under lock
    private void watch(long nanos) {
        if (watched) {
            return;
        }
        try {
            long due = System.nanoTime() + nanos;
            var unused = timer.schedule(() -> look(due), nanos, TimeUnit.NANOSECONDS);
            watched = true;
        } catch (RejectedExecutionException e) {
            // closed: the lanes end every call
            watched = false;
        }
    }

    private void send(@Nullable Batch batch) {
        if (batch == null) {
            return;
        }
        RateCall call = new RateCall(names);
        for (Group group : batch.groups) {
            call.add(new RateCall.Asked(group.charges, group.waiters.size() + leases.wanted(group.charges)));
        }
        var unused = redis.call(
                        functions.decide(),
                        call.keys(),
                        call.arguments("", longestDelayMillis.getAsLong()),
                        Patience.SHORT,
                        call::answers)
                .whenComplete((answers, failure) -> ended(batch, answers, failure));
    }

    /**
     * The futures end before the next call is made: whoever asks again at once for what everybody asks for comes with all the
     * others then, and not with the next but one. The other call keeps the server busy meanwhile.
     */
    private void ended(Batch batch, @Nullable List<RateCall.Answered> answers, @Nullable Throwable failure) {
        if (failure instanceof RedisUnavailableException away) {
            breaker.open(away);
        } else if (batch.abandoned) {
            // late, but it answers
            breaker.close();
        }
        if (failure instanceof RedisException) {
            refused.log(
                    Level.WARNING,
                    "Redis refuses to decide rate policies, on_redis_failure says what becomes of requests: {0}",
                    failure.getMessage());
        }
        if (answers != null) {
            answer(batch, answers);
        } else if (!batch.abandoned && failure != null) {
            fail(batch.groups, failure);
        }
        RedisUnavailableException away = breaker.reason();
        Batch next;
        List<Group> hopeless = List.of();
        lock.lock();
        try {
            land(batch);
            next = away == null ? nextBatch(System.nanoTime()) : null;
            if (away != null) {
                hopeless = takePending();
            }
        } finally {
            lock.unlock();
        }
        send(next);
        fail(hopeless, away);
    }

    // under lock
    private void land(Batch batch) {
        batches.remove(batch);
        free++;
        if (batch.abandoned) {
            return;
        }
        underWay--;
        for (Group group : batch.groups) {
            Group followers = forget(group);
            if (followers != null) {
                pending.put(followers.charges, followers);
            }
        }
    }

    /** It is in flight no more; gives those who came meanwhile. Under lock. */
    private @Nullable Group forget(Group group) {
        inFlight.remove(group.charges, group);
        waiting -= group.waiters.size();
        Group followers = group.next;
        group.next = null;
        return followers;
    }

    // under lock
    private List<Group> takePending() {
        List<Group> taken = new ArrayList<>(pending.values());
        pending.clear();
        taken.forEach(group -> waiting -= group.waiters.size());
        return taken;
    }

    private void answer(Batch batch, List<RateCall.Answered> answers) {
        for (int i = 0; i < answers.size(); i++) {
            Group group = batch.groups.get(i);
            RateCall.Answered answered = answers.get(i);
            if (answered.overflowed()) {
                overflow.warn(group.charges);
            }
            int asked = group.waiters.size();
            int begun = answered.granted() + answered.delays().length;
            if (begun > asked) {
                leases.keep(group.charges, begun - asked, answered);
            } else if (begun < asked) {
                denials.refused(group.charges, answered.states(), batch.sentNanos, answered.overflowed());
            }
            for (int place = 0; place < asked; place++) {
                group.waiters.get(place).complete(answered.of(place, group.charges));
            }
        }
    }

    private static void fail(List<Group> groups, @Nullable Throwable failure) {
        if (failure == null) {
            return;
        }
        for (Group group : groups) {
            for (CompletableFuture<RateDecision> waiter : group.waiters) {
                waiter.completeExceptionally(failure);
            }
        }
    }

    /** Fails what has waited for too long. */
    private void look(long dueNanos) {
        if (System.nanoTime() - dueNanos > OWN_PAUSE_NANOS) {
            lookAgain();
            return;
        }
        List<Group> late = new ArrayList<>();
        RedisUnavailableException failure = null;
        lock.lock();
        try {
            watched = false;
            long now = System.nanoTime();
            boolean waits = false;
            long oldest = now;
            for (Batch batch : batches) {
                if (!batch.abandoned && now - batch.sentNanos >= patienceNanos) {
                    batch.abandoned = true;
                    underWay--;
                    failure = new RedisUnavailableException(noAnswer, true, null);
                    for (Group group : batch.groups) {
                        abandon(group, late);
                    }
                } else if (!batch.abandoned) {
                    waits = true;
                    oldest = Math.min(oldest, batch.sentNanos);
                }
            }
            if (failure != null) {
                breaker.open(failure);
                late.addAll(takePending());
            }
            if (waits) {
                watch(oldest + patienceNanos - now);
            }
        } finally {
            lock.unlock();
        }
        fail(late, failure);
    }

    /** This process has stood still: what has come in meanwhile gets its chance to be read. */
    private void lookAgain() {
        lock.lock();
        try {
            watched = false;
            watch(OWN_PAUSE_NANOS / 2);
        } finally {
            lock.unlock();
        }
    }

    /** Nobody waits for it any more, nor behind it. Under lock. */
    private void abandon(Group group, List<Group> late) {
        late.add(group);
        Group followers = forget(group);
        if (followers != null) {
            waiting -= followers.waiters.size();
            late.add(followers);
        }
    }
}
