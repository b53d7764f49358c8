package io.thr.dispatcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.log.StormLog;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.schedule.Claim;
import io.thr.core.schedule.Ending;
import io.thr.core.schedule.Ending.LastWord;
import io.thr.dispatcher.RouteMeters.Outcome;
import io.thr.dispatcher.upstream.InterimResponse;
import io.thr.dispatcher.upstream.UpstreamFailure;
import io.thr.dispatcher.upstream.UpstreamResponse;
import io.thr.dispatcher.upstream.UpstreamResult;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Ends requests: turns what came of one into a response on its key, or lets go of the claim in another way. Each
 * execution ends in {@link #end(Execution, LastWord, Duration, Outcome)}, which hands its slot on. Never blocks; threads may share
 * it.
 *
 * <p>Giving back, dropping and burying are fenced by the claim: when it has become another member's, Redis does nothing. An
 * answer is not, so that it gets through where Redis has forgotten the claim; it may come twice, and its front takes the
 * first. While Redis is out of reach it is tried again for as long as its client may wait.
 */
final class Answering {

    private static final System.Logger LOG = System.getLogger(Answering.class.getName());
    private static final StormLog FAILED = StormLog.of(LOG);
    private static final StormLog ABORTED = StormLog.of(LOG);
    private static final StormLog REFUSED = StormLog.of(LOG);
    private static final StormLog MISTAKES = StormLog.of(LOG);
    private static final StormLog BURIED = StormLog.of(LOG);
    private static final StormLog UNSAID = StormLog.of(LOG);

    /** A client that has given up may still be told, as its clock is not ours. */
    private static final Duration LEAST_PATIENCE = Duration.ofSeconds(2);

    private static final Problem NOT_PASSED_ON = new Problem(502, "the upstream's response cannot be passed on");

    private final String member;
    private final Duration timeout;
    private final int bodyThreshold;
    private final InstantSource clock;
    private final Retries retries;
    private final ResponseStreams streams;
    private final Running running;
    private final Counters counters;
    private final AccessLog accessLog;
    private final CounterNames counterNames;

    Answering(
            String member,
            Duration timeout,
            int bodyThreshold,
            InstantSource clock,
            ResponseStreams streams,
            Running running,
            Counters counters,
            AccessLog accessLog,
            CounterNames counterNames) {
        this.member = member;
        this.timeout = timeout;
        this.bodyThreshold = bodyThreshold;
        this.clock = clock;
        this.retries = new Retries(clock);
        this.streams = streams;
        this.running = running;
        this.counters = counters;
        this.accessLog = accessLog;
        this.counterNames = counterNames;
    }

    /** The upstream says something before its response. */
    void tell(Execution execution, InterimResponse interim) {
        RequestExtra request = execution.message().extra();
        if (!request.frames()) {
            return;
        }
        ResponseExtra extra = new ResponseExtra(request.requestId(), null, null, request.attempt(), member, true);
        byte[] message =
                MessageCodec.write(new ResponseMessage(interim.status(), interim.headers(), MessageBody.NONE, extra));
        execution.tell(() -> execution.bus().frameLists().send(request.responseKey(), List.of(message), timeout));
    }

    /** The upstream's call ended, with a result or because it was aborted. */
    void answer(Execution execution, @Nullable UpstreamResult result, @Nullable Throwable error) {
        CompletableFuture<Void> told = execution.told();
        if (told == null) {
            answerNow(execution, result, error);
        } else {
            When.done(told, (done, failure) -> answerNow(execution, result, error));
        }
    }

    private void answerNow(Execution execution, @Nullable UpstreamResult result, @Nullable Throwable error) {
        toTheEnd(execution, NOT_PASSED_ON, () -> conclude(execution, result, error));
    }

    /** Takes a step of an execution, which ends with that problem where the step throws, as it must end in any case. */
    void toTheEnd(Execution execution, Problem problem, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            refuse(execution, problem, e);
        }
    }

    private void conclude(Execution execution, @Nullable UpstreamResult result, @Nullable Throwable error) {
        if (execution.aborted() == Execution.Abort.CLIENT_LEFT) {
            LOG.log(DEBUG, "request {0}: its client has left", execution.requestId());
            drop(execution);
        } else if (result instanceof UpstreamResponse response) {
            respond(execution, response);
        } else if (result instanceof UpstreamFailure failure) {
            FAILED.log(
                    WARNING,
                    "request {0}: {1} ({2}, {3})",
                    execution.requestId(),
                    failure.detail(),
                    failure.kind(),
                    execution.route().upstream());
            answer(execution, problemOf(failure));
        } else {
            ABORTED.log(WARNING, "request {0}: its call was aborted: {1}", execution.requestId(), Trouble.told(error));
            aborted(execution);
        }
    }

    /** What may be repeated is left to whoever owns it now: it is given back, which does nothing where others do. */
    private void aborted(Execution execution) {
        if (execution.repeatable()) {
            RequestMessage message = execution.message();
            giveBack(execution, message.withAttempt(message.extra().attempt() + 1));
        } else {
            answer(execution, Admission.OUTCOME_UNKNOWN);
        }
    }

    /** It will not be sent, or what came of it cannot be passed on: its client gets the problem instead. Never throws. */
    void refuse(Execution execution, Problem problem, Throwable cause) {
        REFUSED.log(WARNING, "request {0}: {1}: {2}", execution.requestId(), problem.detail(), Trouble.told(cause));
        LOG.log(DEBUG, "why that request was refused", cause);
        try {
            answer(execution, problem);
        } catch (RuntimeException e) {
            MISTAKES.log(ERROR, "a request of " + execution.claim().queue() + " could not be answered", e);
            drop(execution, Outcome.FAILED);
        }
    }

    /** It is not begun: another member, or this one later, may run it. */
    void giveBack(Execution execution) {
        giveBack(execution, execution.message());
    }

    private void giveBack(Execution execution, RequestMessage message) {
        end(execution, giveBack(execution.claim(), message), Finisher.IN_THE_END, Outcome.GIVEN_BACK);
    }

    /** It has another owner. */
    void letGo(Execution execution) {
        LOG.log(DEBUG, "request {0} has another owner", execution.requestId());
        drop(execution, Outcome.PASSED_OVER);
    }

    /** The same request runs here already, and its answer will do for both. */
    void dropDuplicate(Execution execution) {
        LOG.log(DEBUG, "request {0} came twice and runs already", execution.requestId());
        drop(execution, Outcome.PASSED_OVER);
    }

    /** Nobody waits for it. */
    void drop(Execution execution) {
        drop(execution, Outcome.LEFT);
    }

    private void drop(Execution execution, Outcome outcome) {
        end(execution, new Ending.Drop(), Finisher.IN_THE_END, outcome);
    }

    /** Puts the message of a claim that no slot came with back on its queue. Never throws. */
    CompletableFuture<Void> giveBack(Finisher finisher, Claim claim, RequestMessage message) {
        try {
            ended(finisher, claim, message, 0, Outcome.GIVEN_BACK);
            return finisher.end(new Ending(claim, giveBack(claim, message)), Finisher.IN_THE_END, false);
        } catch (RuntimeException e) {
            return abandon(finisher, claim, false, e);
        }
    }

    /** Ends a claim that is not to run. Never throws. */
    CompletableFuture<Void> conclude(Finisher finisher, Claim claim, Decision decision, boolean holdsSlot) {
        try {
            return tryToConclude(finisher, claim, decision, holdsSlot);
        } catch (RuntimeException e) {
            return abandon(finisher, claim, holdsSlot, e);
        }
    }

    /** Lets go of a claim with which nothing can be done, through a mistake of ours, so that no limit counts it for ever. */
    CompletableFuture<Void> abandon(Finisher finisher, Claim claim, boolean holdsSlot, RuntimeException mistake) {
        MISTAKES.log(ERROR, "a request of " + claim.queue() + " is dropped, as it cannot be seen to", mistake);
        return finisher.end(new Ending(claim, new Ending.Drop()), Finisher.IN_THE_END, holdsSlot);
    }

    private CompletableFuture<Void> tryToConclude(
            Finisher finisher, Claim claim, Decision decision, boolean holdsSlot) {
        if (decision instanceof Decision.Refuse refuse) {
            boolean isExpired = refuse.problem().equals(Admission.EXPIRED);
            ended(
                    finisher,
                    claim,
                    refuse.message(),
                    refuse.problem().status(),
                    isExpired ? Outcome.EXPIRED : Outcome.REFUSED);
            return refuse(finisher, claim, refuse.message(), refuse.problem(), holdsSlot);
        }
        if (decision instanceof Decision.GiveUp giveUp) {
            String reason = giveUp.problem().detail();
            ended(finisher, claim, giveUp.message(), giveUp.problem().status(), Outcome.BURIED);
            return bury(finisher, claim, reason, holdsSlot)
                    .thenCompose(buried -> refuse(finisher, claim, giveUp.message(), giveUp.problem(), false));
        }
        if (decision instanceof Decision.Bury bury) {
            BURIED.log(WARNING, "a message of {0} cannot be read and is buried: {1}", claim.queue(), bury.reason());
            ended(finisher, claim, null, 0, Outcome.BURIED);
            return bury(finisher, claim, bury.reason(), holdsSlot).thenCompose(buried -> tell(finisher, claim, bury));
        }
        throw new IllegalArgumentException("decision: " + decision + " (expected: one that ends the claim)");
    }

    private CompletableFuture<Void> refuse(
            Finisher finisher, Claim claim, RequestMessage message, Problem problem, boolean holdsSlot) {
        if (problem.equals(Admission.EXPIRED)) {
            counters.expired().increment();
        }
        RequestExtra request = message.extra();
        LOG.log(DEBUG, "request {0}: {1}", request.requestId(), problem.detail());
        ResponseMessage response = problem.response(request.requestId(), extra(request, null, null));
        return finisher.end(new Ending(claim, answer(request, response)), patienceFor(request), holdsSlot);
    }

    private CompletableFuture<Void> bury(Finisher finisher, Claim claim, String reason, boolean holdsSlot) {
        counters.buried().increment();
        return finisher.end(new Ending(claim, new Ending.Bury(reason)), Finisher.IN_THE_END, holdsSlot);
    }

    private CompletableFuture<Void> tell(Finisher finisher, Claim claim, Decision.Bury bury) {
        if (bury.responseKey() == null) {
            return CompletableFuture.completedFuture(null);
        }
        ResponseExtra extra = new ResponseExtra(bury.requestId(), null, null, null, member, false);
        ResponseMessage response =
                new Problem(502, "the request's message cannot be read").response(bury.requestId(), extra);
        LastWord answer = new Ending.Answer(bury.responseKey(), MessageCodec.write(response), timeout);
        return finisher.end(new Ending(claim, answer), timeout, false);
    }

    private void respond(Execution execution, UpstreamResponse response) {
        execution.status(response.status());
        ResponseMessage message = new ResponseMessage(
                response.status(), response.headers(), MessageBody.of(response.body()), extra(execution));
        RequestExtra request = execution.message().extra();
        if (response.rest() != null) {
            streams.send(
                    execution,
                    message,
                    response.rest(),
                    (last, error) ->
                            toTheEnd(execution, NOT_PASSED_ON, () -> endStream(execution, request, last, error)));
            return;
        }
        // The original gives no deadline, and cannot read links either
        boolean mayLink = request.deadline() != null;
        if (!mayLink || response.body().length <= bodyThreshold) {
            end(execution, answer(request, message), patienceFor(request), Outcome.ANSWERED);
            return;
        }
        CompletableFuture<String> stored = retries.within(
                patienceFor(request), () -> execution.bus().bodies().put(response.body(), timeout));
        When.done(
                stored,
                (key, error) -> toTheEnd(
                        execution, NOT_PASSED_ON, () -> respondByLink(execution, request, message, key, error)));
    }

    private void respondByLink(
            Execution execution, RequestExtra request, ResponseMessage message, String key, @Nullable Throwable error) {
        if (error == null) {
            end(
                    execution,
                    answer(request, message.withBody(new MessageBody.Link(key))),
                    patienceFor(request),
                    Outcome.ANSWERED);
        } else {
            UNSAID.log(
                    WARNING,
                    "request {0}: its response could not be stored: {1}",
                    execution.requestId(),
                    Trouble.told(error));
            drop(execution, Outcome.FAILED);
        }
    }

    private void endStream(Execution execution, RequestExtra request, byte[] last, @Nullable Throwable error) {
        if (error != null && execution.aborted() == Execution.Abort.CLIENT_LEFT) {
            drop(execution);
        } else {
            end(
                    execution,
                    new Ending.Answer(request.responseKey(), last, timeout),
                    patienceFor(request),
                    error == null ? Outcome.ANSWERED : Outcome.FAILED);
        }
    }

    private void answer(Execution execution, Problem problem) {
        RequestExtra request = execution.message().extra();
        ResponseMessage response = problem.response(execution.requestId(), extra(execution));
        execution.status(response.statusCode());
        end(execution, answer(request, response), patienceFor(request), Outcome.FAILED);
    }

    private Ending.Answer answer(RequestExtra request, ResponseMessage response) {
        return new Ending.Answer(request.responseKey(), MessageCodec.write(response), timeout);
    }

    /** The message as it came where nothing has changed, so that fields of others that we do not know are kept. */
    private static Ending.GiveBack giveBack(Claim claim, RequestMessage message) {
        boolean asItCame = message.extra().attempt() == 1 && claim.message().length > 0;
        return new Ending.GiveBack(asItCame ? claim.message() : MessageCodec.write(message));
    }

    /** The one end of every execution: its slot goes with its last word. */
    private void end(Execution execution, LastWord word, Duration within, Outcome outcome) {
        if (!execution.beginEnd()) {
            return;
        }
        long ranNanos = execution.calledNanosAgo();
        if (ranNanos >= 0) {
            execution.route().meters().ran(ranNanos);
        }
        boolean givesBack = word instanceof Ending.GiveBack;
        if (givesBack) {
            counters.givingBack().incrementAndGet();
        }
        When.done(execution.finisher().end(new Ending(execution.claim(), word), within, true), (done, error) -> {
            running.leave(execution);
            execution.end(word instanceof Ending.Answer && error == null);
            counters.requests().increment();
            ended(execution, error == null ? outcome : failed(outcome));
            if (givesBack) {
                counters.givingBack().decrementAndGet();
                counters.givenBack().increment();
            }
            if (error != null) {
                UNSAID.log(
                        WARNING,
                        "request {0}: its answer could not be given: {1}",
                        execution.requestId(),
                        Trouble.told(error));
            }
        });
    }

    /** What became of it where that could not be said. */
    private static Outcome failed(Outcome outcome) {
        return outcome == Outcome.ANSWERED ? Outcome.FAILED : outcome;
    }

    private void ended(Execution execution, Outcome outcome) {
        execution.route().meters().ended(outcome);
        if (accessLog.isOn() && outcome != Outcome.GIVEN_BACK && outcome != Outcome.PASSED_OVER) {
            long now = clock.millis();
            accessLog.add(() -> entry(
                    execution.claim(),
                    execution.message(),
                    execution.begunMillis(),
                    now - execution.begunMillis(),
                    execution.server(),
                    execution.status(),
                    outcome));
        }
    }

    private void ended(Finisher finisher, Claim claim, @Nullable RequestMessage message, int status, Outcome outcome) {
        boolean serves = finisher.route().settings().queues().contains(claim.queue());
        (serves ? finisher.route().meters() : counters.elsewhere()).ended(outcome);
        if (accessLog.isOn() && outcome != Outcome.GIVEN_BACK && outcome != Outcome.PASSED_OVER) {
            accessLog.add(() -> entry(claim, message, clock.millis(), null, null, status, outcome));
        }
    }

    private AccessEntry entry(
            Claim claim,
            @Nullable RequestMessage message,
            long waitedUntilMillis,
            @Nullable Long ranMillis,
            @Nullable String server,
            int status,
            Outcome outcome) {
        if (message == null) {
            return new AccessEntry(
                    clock.instant(), null, claim.queue(), null, null, null, 0, List.of(), null, status, outcome);
        }
        RequestExtra extra = message.extra();
        return new AccessEntry(
                clock.instant(),
                extra.requestId(),
                claim.queue(),
                message.method(),
                Math.max(0, waitedUntilMillis - (long) (extra.creationTime() * 1000)),
                ranMillis,
                extra.attempt(),
                counterNames.of(claim.queue(), message),
                server,
                status,
                outcome);
    }

    private static Problem problemOf(UpstreamFailure failure) {
        return switch (failure.kind()) {
            case NOT_CONNECTED, REFUSED, STALE_CONNECTION, BROKEN, TOO_LARGE -> new Problem(502, failure.detail());
            case TIMED_OUT -> new Problem(504, failure.detail());
            case TOO_MANY_REDIRECTS -> new Problem(310, failure.detail());
        };
    }

    private Duration patienceFor(RequestExtra request) {
        if (request.deadline() == null) {
            return timeout;
        }
        Duration left = Duration.between(clock.instant(), Seconds.toInstant(request.deadline()));
        Duration atLeast = left.compareTo(LEAST_PATIENCE) < 0 ? LEAST_PATIENCE : left;
        return atLeast.compareTo(timeout) < 0 ? atLeast : timeout;
    }

    private ResponseExtra extra(Execution execution) {
        long called = execution.calledMillis();
        return called == 0
                ? extra(execution.message().extra(), null, null)
                : extra(execution.message().extra(), called, clock.millis() - called);
    }

    private ResponseExtra extra(RequestExtra request, @Nullable Long calledMillis, @Nullable Long upstreamMillis) {
        Long queueMillis =
                calledMillis == null ? null : Math.max(0, calledMillis - (long) (request.creationTime() * 1000));
        return new ResponseExtra(request.requestId(), queueMillis, upstreamMillis, request.attempt(), member, false);
    }
}
