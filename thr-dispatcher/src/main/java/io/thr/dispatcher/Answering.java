package io.thr.dispatcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.claim.Claim;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.dispatcher.upstream.UpstreamFailure;
import io.thr.dispatcher.upstream.UpstreamResponse;
import io.thr.dispatcher.upstream.UpstreamResult;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Ends executions: turns what came of one into a response on its key, or lets go of the claim in another way, and then
 * gives back the slot. Every way ends in {@link #end}. Never blocks; threads may share it.
 *
 * <p>Giving back, dropping and burying are fenced by the claim: when it has become another member's, Redis does nothing. An
 * answer is not, so that it gets through where Redis has forgotten the claim; it may come twice, and its front takes the
 * first. While Redis is out of reach it is tried again for as long as its client may wait.
 */
final class Answering {

    private static final System.Logger LOG = System.getLogger(Answering.class.getName());

    /** A client that has given up may still be told, as its clock is not ours. */
    private static final Duration LEAST_PATIENCE = Duration.ofSeconds(2);

    private final String member;
    private final Duration timeout;
    private final int bodyThreshold;
    private final InstantSource clock;
    private final Retries retries;
    private final Running running;
    private final Counters counters;

    Answering(
            String member,
            Duration timeout,
            int bodyThreshold,
            InstantSource clock,
            Running running,
            Counters counters) {
        this.member = member;
        this.timeout = timeout;
        this.bodyThreshold = bodyThreshold;
        this.clock = clock;
        this.retries = new Retries(clock);
        this.running = running;
        this.counters = counters;
    }

    /** The upstream's call ended, with a result or because it was aborted. */
    void answer(Execution execution, @Nullable UpstreamResult result, @Nullable Throwable error) {
        try {
            conclude(execution, result, error);
        } catch (RuntimeException e) {
            refuse(execution, new Problem(502, "the upstream's response cannot be passed on"), e);
        }
    }

    private void conclude(Execution execution, @Nullable UpstreamResult result, @Nullable Throwable error) {
        if (result instanceof UpstreamResponse response) {
            respond(execution, response);
        } else if (result instanceof UpstreamFailure failure) {
            LOG.log(
                    WARNING,
                    "request {0}: {1} ({2}, {3})",
                    execution.requestId(),
                    failure.detail(),
                    failure.kind(),
                    execution.route().address());
            end(execution, problem(execution, problemOf(failure)));
        } else {
            LOG.log(WARNING, "request {0}: its call was aborted: {1}", execution.requestId(), error);
            end(execution, problem(execution, Admission.OUTCOME_UNKNOWN));
        }
    }

    /** It will not be sent: its client gets the problem instead. */
    void refuse(Execution execution, Problem problem, Throwable cause) {
        LOG.log(WARNING, "request {0}: {1}: {2}", execution.requestId(), problem.detail(), cause);
        end(execution, problem(execution, problem));
    }

    /** It is not begun: another member, or this one later, may run it. */
    void giveBack(Execution execution) {
        end(
                execution,
                giveBack(execution.bus(), execution.claim(), execution.claim().message()));
    }

    /** It has another owner. */
    void letGo(Execution execution) {
        LOG.log(DEBUG, "request {0} has another owner", execution.requestId());
        end(execution, CompletableFuture.completedFuture(null));
    }

    /** The same request runs here already, and its answer will do for both. */
    void dropDuplicate(Execution execution) {
        LOG.log(DEBUG, "request {0} came twice and runs already", execution.requestId());
        end(execution, execution.bus().claims().drop(execution.claim()));
    }

    /** Puts a message, changed or not, back on its queue. */
    CompletableFuture<Void> giveBack(Bus bus, Claim claim, byte[] message) {
        counters.givingBack().incrementAndGet();
        return bus.claims().giveBack(claim, message).whenComplete((done, error) -> {
            counters.givingBack().decrementAndGet();
            counters.givenBack().increment();
        });
    }

    /** Answers a request that is not run. */
    CompletableFuture<Void> refuse(Bus bus, Claim claim, RequestMessage message, Problem problem) {
        if (problem.equals(Admission.EXPIRED)) {
            counters.expired().increment();
        }
        LOG.log(DEBUG, "request {0}: {1}", message.extra().requestId(), problem.detail());
        ResponseExtra extra = extra(message.extra(), null, null);
        return write(
                bus, claim, message.extra(), problem.response(message.extra().requestId(), extra));
    }

    /** Puts a message that cannot be read among the dead, and tells its client where that is known. */
    CompletableFuture<Void> bury(Bus bus, Claim claim, Decision.Bury bury) {
        counters.buried().increment();
        LOG.log(WARNING, "a message of {0} cannot be read and is buried: {1}", claim.queue(), bury.reason());
        return bus.claims().bury(claim, bury.reason()).thenCompose(buried -> {
            if (bury.responseKey() == null) {
                return CompletableFuture.completedFuture(null);
            }
            ResponseExtra extra = new ResponseExtra(bury.requestId(), null, null, null, member, false);
            ResponseMessage response =
                    new Problem(502, "the request's message cannot be read").response(bury.requestId(), extra);
            return bus.claims().answer(claim, bury.responseKey(), MessageCodec.write(response), timeout, timeout);
        });
    }

    private void respond(Execution execution, UpstreamResponse response) {
        ResponseMessage message = new ResponseMessage(
                response.status(), response.headers(), MessageBody.of(response.body()), extra(execution));
        RequestExtra request = execution.message().extra();
        // The original gives no deadline, and cannot read links either
        boolean mayLink = request.deadline() != null;
        if (!mayLink || response.body().length <= bodyThreshold) {
            end(execution, write(execution.bus(), execution.claim(), request, message));
            return;
        }
        CompletableFuture<String> stored = retries.within(
                patienceFor(request), () -> execution.bus().bodies().put(response.body(), timeout));
        end(
                execution,
                stored.thenCompose(key -> write(
                        execution.bus(), execution.claim(), request, message.withBody(new MessageBody.Link(key)))));
    }

    private CompletableFuture<Void> problem(Execution execution, Problem problem) {
        return write(
                execution.bus(),
                execution.claim(),
                execution.message().extra(),
                problem.response(execution.requestId(), extra(execution)));
    }

    private CompletableFuture<Void> write(Bus bus, Claim claim, RequestExtra request, ResponseMessage response) {
        return bus.claims()
                .answer(claim, request.responseKey(), MessageCodec.write(response), timeout, patienceFor(request));
    }

    /** The one end of every execution: the slot is given back when the last word is in Redis, or cannot get there. */
    private void end(Execution execution, CompletableFuture<Void> lastWord) {
        When.done(lastWord, (done, error) -> {
            if (!execution.end()) {
                return;
            }
            running.leave(execution);
            counters.requests().increment();
            if (error != null) {
                LOG.log(WARNING, "request {0}: its answer could not be given: {1}", execution.requestId(), error);
            }
        });
    }

    private static Problem problemOf(UpstreamFailure failure) {
        return switch (failure.kind()) {
            case NOT_CONNECTED, STALE_CONNECTION, BROKEN, TOO_LARGE -> new Problem(502, failure.detail());
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
