package io.thr.dispatcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.limit.Scheduling;
import io.thr.core.log.StormLog;
import io.thr.core.redis.RedisScheduler;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.Outcome;
import io.thr.core.schedule.Scheduled;
import io.thr.core.schedule.Ticket;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives the claims of one route to the scheduler, the most urgent first, and begins what may run at once. Never blocks;
 * threads may share it.
 *
 * <p>While Redis is out of reach or has no memory it tries again, which does no harm: what the first call did is found by
 * the next. When the dispatcher stops, what is not scheduled is given back.
 */
final class Queueing {

    private static final System.Logger LOG = System.getLogger(Queueing.class.getName());
    private static final StormLog REFUSED = StormLog.of(LOG);

    private static final Problem NOT_SCHEDULED = new Problem(502, "the request cannot be scheduled");

    private final Executor afterPause = CompletableFuture.delayedExecutor(250, TimeUnit.MILLISECONDS, Runnable::run);
    private final Finisher finisher;
    private final Supplier<Scheduling> scheduling;
    private final Admission admission;
    private final Answering answering;
    private final Launcher launcher;
    private final Expiry expiry;
    private final Counters counters;
    private volatile boolean stopping;

    Queueing(
            Finisher finisher,
            Supplier<Scheduling> scheduling,
            Admission admission,
            Answering answering,
            Launcher launcher,
            Expiry expiry,
            Counters counters) {
        this.finisher = finisher;
        this.scheduling = scheduling;
        this.admission = admission;
        this.answering = answering;
        this.launcher = launcher;
        this.expiry = expiry;
        this.counters = counters;
    }

    /** A claim that may run, with its ticket. */
    private record Candidate(Claim claim, Decision.Run run, Ticket ticket) {}

    Finisher finisher() {
        return finisher;
    }

    Route route() {
        return finisher.route();
    }

    /** From now on what is not scheduled is given back. */
    void stop() {
        stopping = true;
    }

    /**
     * Decides what is to become of each claim, and sees to it.
     *
     * @return when nothing is left to be said of them but how those end that run
     */
    CompletableFuture<Void> settle(List<Claim> claims) {
        List<CompletableFuture<Void>> over = new ArrayList<>();
        List<Candidate> candidates = new ArrayList<>();
        Scheduling now = scheduling.get();
        for (Claim claim : claims) {
            Decision decision = admission.decide(claim);
            if (decision instanceof Decision.Run run) {
                Candidate candidate = stopping ? null : candidate(now, claim, run, over);
                if (candidate != null) {
                    candidates.add(candidate);
                } else if (stopping) {
                    over.add(answering.giveBack(finisher, claim, run.message()));
                }
            } else {
                over.add(answering.conclude(finisher, claim, decision, false));
            }
        }
        // Stable: what is as urgent stays in its order
        candidates.sort(Comparator.comparingLong(candidate -> candidate.ticket.headStartMillis()));
        over.forEach(When::failed);
        return scheduleInGroups(candidates, now)
                .thenCompose(done -> CompletableFuture.allOf(over.toArray(CompletableFuture<?>[]::new))
                        .exceptionally(error -> null));
    }

    private @Nullable Candidate candidate(
            Scheduling now, Claim claim, Decision.Run run, List<CompletableFuture<Void>> over) {
        try {
            Ticket ticket = new Ticket(
                    claim,
                    Running.nameOf(run.message()),
                    now.flow(claim.queue(), run.message()),
                    now.headStartMillis(run.message()),
                    admission.latestStart(run.message().extra()).toEpochMilli(),
                    run.begun());
            return new Candidate(claim, run, ticket);
        } catch (RuntimeException e) {
            over.add(refuse(claim, run, e));
            return null;
        }
    }

    private CompletableFuture<Void> refuse(Claim claim, Decision.Run run, Throwable cause) {
        REFUSED.log(
                WARNING,
                "request {0} could not be scheduled: {1}",
                run.message().extra().requestId(),
                Trouble.told(cause));
        return answering.conclude(finisher, claim, new Decision.Refuse(run.message(), NOT_SCHEDULED), false);
    }

    private CompletableFuture<Void> scheduleInGroups(List<Candidate> candidates, Scheduling now) {
        if (candidates.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        int cut = Math.min(RedisScheduler.MOST, candidates.size());
        return schedule(candidates.subList(0, cut), now)
                .thenCompose(done -> scheduleInGroups(candidates.subList(cut, candidates.size()), now));
    }

    private CompletableFuture<Void> schedule(List<Candidate> group, Scheduling now) {
        if (stopping) {
            group.forEach(one -> When.failed(answering.giveBack(finisher, one.claim, one.run.message())));
            return CompletableFuture.completedFuture(null);
        }
        int slots = route().slots().tryAcquireUpTo(RedisScheduler.MOST);
        List<Ticket> tickets = group.stream().map(Candidate::ticket).toList();
        CompletableFuture<Void> over = new CompletableFuture<>();
        var call = When.tried(() -> route().bus()
                .scheduler()
                .schedule(
                        route().settings().queues(),
                        tickets,
                        slots,
                        now.limits().maxima()));
        When.done(call, (scheduled, error) -> {
            if (error != null) {
                route().slots().release(slots);
                When.done(When.tried(() -> failed(group, now, error)), (done, failure) -> over.complete(null));
                return;
            }
            try {
                scheduled(group, scheduled, slots);
            } finally {
                over.complete(null);
            }
        });
        return over;
    }

    private void scheduled(List<Candidate> group, Scheduled scheduled, int slots) {
        route().bus().waiting().set(scheduled.waiting());
        List<Launcher.Granted> granted = new ArrayList<>();
        Map<String, Candidate> own = new LinkedHashMap<>();
        for (int i = 0; i < group.size(); i++) {
            Candidate one = group.get(i);
            own.put(one.claim.id(), one);
            if (scheduled.outcomes().get(i) instanceof Outcome.Runs) {
                granted.add(new Launcher.Granted(one.claim, one.run));
            }
        }
        for (Claim claim : scheduled.granted()) {
            Candidate one = own.get(claim.id());
            granted.add(new Launcher.Granted(claim, one == null ? admission.decide(claim) : one.run));
        }
        launcher.launchRead(finisher, granted, slots);
        for (int i = 0; i < group.size(); i++) {
            if (!(scheduled.outcomes().get(i) instanceof Outcome.Runs)) {
                notRun(group.get(i), scheduled.outcomes().get(i));
            }
        }
    }

    private void notRun(Candidate one, Outcome outcome) {
        String requestId = one.run.message().extra().requestId();
        if (outcome instanceof Outcome.Waits waits) {
            expiry.dueAt(one.ticket.deadlineMillis());
            if (waits.blockedBy() != null) {
                counters.blocked(waits.blockedBy());
            }
        } else if (outcome instanceof Outcome.Lost) {
            LOG.log(DEBUG, "request {0} has another owner", requestId);
        } else {
            LOG.log(DEBUG, "request {0} is not to run: {1}", requestId, outcome);
            When.failed(finisher.end(new Ending(one.claim, new Ending.Drop()), Finisher.IN_THE_END, false));
        }
    }

    private CompletableFuture<Void> failed(List<Candidate> group, Scheduling now, Throwable error) {
        route().bus().lease().doubt();
        if (Trouble.isOutOfReach(error) || Trouble.isRefusedForNow(error)) {
            return CompletableFuture.runAsync(() -> {}, afterPause).thenCompose(done -> schedule(group, now));
        }
        if (group.size() > 1) {
            CompletableFuture<Void> over = CompletableFuture.completedFuture(null);
            for (Candidate one : group) {
                over = over.thenCompose(done -> schedule(List.of(one), now));
            }
            return over;
        }
        return refuse(group.get(0).claim, group.get(0).run, error).exceptionally(unanswered -> null);
    }
}
