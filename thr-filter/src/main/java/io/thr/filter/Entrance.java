package io.thr.filter;

import io.thr.core.log.StormLog;
import io.thr.core.match.CanonicalPath;
import io.thr.core.message.Headers;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.http.Answer;
import io.thr.filter.http.Answers;
import io.thr.filter.http.BlockingContext;
import io.thr.filter.http.ClientAddress;
import io.thr.filter.http.LastRecipient;
import io.thr.filter.http.Passed;
import io.thr.filter.http.Problem;
import io.thr.filter.http.RequestCheck;
import io.thr.filter.http.ResponseWriter;
import io.thr.filter.http.ServletRequestView;
import io.thr.filter.rate.RateExplanation;
import io.thr.filter.rate.RateGate;
import io.thr.filter.rate.RateOutcome;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.RateLimit;
import io.thr.filter.rule.RequestView;
import io.thr.filter.rule.Rules;
import io.thr.filter.suspend.BlockedThreads;
import io.thr.filter.suspend.FilterMeters;
import io.thr.filter.suspend.FilterMeters.Verdict;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What a request meets at its first dispatch, under the configuration that is in force then, to the end: a changed
 * configuration is another entrance, and requests that have come in before keep theirs. Threads may share it.
 */
final class Entrance {

    private static final Logger LOG = System.getLogger(Entrance.class.getName());
    private static final StormLog RULE_FAILED = StormLog.of(LOG);

    /** So many threads may wait for rate policies. */
    private static final int FEW = 4;

    private final FilterSettings settings;
    private final Node node;
    private final String passedAttribute;
    private final Rules rules;
    private final ClientAddress clients;
    private final Answers answers;
    private final @Nullable RateGate gate;
    private final BlockedThreads threads;
    private final boolean isAlone;
    private final AtomicInteger asking;
    private final FilterMeters meters;

    /** Under that configuration. */
    Entrance(FilterSettings settings, Node node, String passedAttribute) {
        this.settings = settings;
        this.node = node;
        this.passedAttribute = passedAttribute;
        this.rules = settings.rules();
        this.clients = new ClientAddress(settings.trustedProxies(), settings.forwardedField());
        this.answers = new Answers(rules);
        this.gate = node.gate(settings);
        this.threads = node.threads();
        this.isAlone = node.isAlone();
        this.asking = node.asking();
        this.meters = node.exchanges().meters();
    }

    FilterSettings settings() {
        return settings;
    }

    /** What the rate policies say; complete already where there are none. */
    private CompletableFuture<RateOutcome> rate(Exchange exchange) {
        try {
            return gate == null ? CompletableFuture.completedFuture(RateOutcome.FREE) : gate.decide(exchange);
        } catch (RuntimeException e) { // whatever a function of a policy throws
            return CompletableFuture.failedFuture(e);
        }
    }

    /** As {@link ThrFilter#explain}. */
    CompletableFuture<Explanation> explain(RequestView request) {
        Exchange exchange = new Exchange(request, RequestId.next());
        exchange.traceRules();
        return rules.applyInput(exchange)
                .thenCompose(applied -> gate == null
                        ? CompletableFuture.completedFuture(List.<RateExplanation>of())
                        : gate.explain(exchange))
                .thenApply(policies -> new Explanation(
                        exchange.trace(),
                        Decision.of(exchange, settings.defaultQueue()).toString(),
                        policies));
    }

    /** A later dispatch of an exchange that was decided at the first one: it is the application's. */
    private void passOnAgain(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Passed.again(request.getAttribute(passedAttribute), request, response, chain);
    }

    /** Decides about a request at its first dispatch, and does what was decided, now or later. */
    void decide(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request.getMethod().equals("CONNECT")) {
            meters.decided(Verdict.REFUSED);
            write(request, response, Problem.notImplemented("CONNECT: this is a gateway, not a tunnel", null));
            return;
        }
        CanonicalPath path = CanonicalPath.of(request.getRequestURI());
        if (path instanceof CanonicalPath.Ambiguous ambiguous) {
            meters.decided(Verdict.REFUSED);
            write(request, response, Problem.badRequest("the path is ambiguous: " + ambiguous.reason()));
            return;
        }
        String canonical = ((CanonicalPath.Canonical) path).path();
        Exchange exchange = new Exchange(new ServletRequestView(request, clients, canonical), RequestId.next());
        CompletableFuture<Void> applied = rules.applyInput(exchange);
        if (!applied.isDone() || applied.isCompletedExceptionally()) {
            actLater(exchange, applied.thenCompose(done -> rate(exchange)), request, response, chain);
            return;
        }
        CompletableFuture<RateOutcome> rated = rate(exchange);
        RateOutcome outcome = maySuspend(rated, request) ? null : awaited(rated);
        if (outcome == null || !actNow(exchange, outcome, request, response, chain)) {
            actLater(exchange, rated, request, response, chain);
        }
    }

    /**
     * Whether a request lets its thread go while the rate policies are asked. It would be dispatched then, and a dispatch leaves
     * out those filters of an application that are not for dispatches: so only where there are no others. And only where many
     * ask: a few are faster on their own threads, many spend more on waking them than on all the rest.
     */
    private boolean maySuspend(CompletableFuture<RateOutcome> rated, HttpServletRequest request) {
        return !rated.isDone() && isAlone && asking.get() >= FEW && request.isAsyncSupported();
    }

    /** What the rate policies say, waited for, which is not long whatever Redis does. Null where it failed. */
    private @Nullable RateOutcome awaited(CompletableFuture<RateOutcome> rated) {
        asking.incrementAndGet();
        try {
            return rated.join();
        } catch (CompletionException e) {
            LOG.log(Level.DEBUG, "a function of a rate policy failed", e);
            return null;
        } finally {
            asking.decrementAndGet();
        }
    }

    /** Does at once what can be done at once: passes, answers, refuses. False where it cannot, and nothing has been done. */
    private boolean actNow(
            Exchange exchange,
            RateOutcome outcome,
            HttpServletRequest request,
            HttpServletResponse response,
            FilterChain chain)
            throws IOException, ServletException {
        if (!(outcome instanceof RateOutcome.Allowed allowed)) {
            return written(answers.problem(exchange, problem(exchange, outcome)), verdict(outcome), request, response);
        }
        if (allowed.delayMillis() > 0) {
            return false;
        }
        Decision decision = decision(exchange, allowed, response);
        if (decision instanceof Decision.Pass) {
            pass(exchange, allowed, request, response, chain);
            return true;
        }
        return decision instanceof Decision.Answer direct
                && written(answers.direct(exchange, direct.status()), Verdict.ANSWERED, request, response);
    }

    private static Verdict verdict(RateOutcome outcome) {
        return outcome instanceof RateOutcome.Refused ? Verdict.RATE_LIMITED : Verdict.FAILED;
    }

    private boolean written(
            CompletableFuture<Answer> made, Verdict verdict, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (!made.isDone()) {
            return false;
        }
        meters.decided(verdict);
        write(request, response, made.join());
        return true;
    }

    /** What is to be done with a request that its policies allow; tells its client how they stand. */
    private Decision decision(Exchange exchange, RateOutcome.Allowed allowed, HttpServletResponse response) {
        for (Headers.Field field : allowed.fields()) {
            response.setHeader(field.name(), field.value());
        }
        String queue = allowed.queue();
        return queue == null ? Decision.of(exchange, settings.defaultQueue()) : new Decision.Queue(queue);
    }

    private static Problem problem(Exchange exchange, RateOutcome outcome) {
        if (!(outcome instanceof RateOutcome.Refused refused)) {
            return Problem.unavailable("the rate policies cannot be asked", exchange.requestId());
        }
        Problem problem = Problem.quotaExceeded(
                        refused.decision(), ThreadLocalRandom.current().nextDouble(), exchange.requestId())
                .withFields(refused.fields());
        RateLimit.Body body = refused.body();
        return body == null ? problem : problem.withBody(body.contentType(), body.text());
    }

    /** What cannot end on this thread: the queue, functions of rules that take their time, delays, and failures. */
    private void actLater(
            Exchange exchange,
            CompletableFuture<RateOutcome> rated,
            HttpServletRequest request,
            HttpServletResponse response,
            FilterChain chain)
            throws IOException, ServletException {
        if (request.isAsyncSupported()) {
            AsyncContext context = request.startAsync(request, response);
            context.setTimeout(0);
            actLater(exchange, rated, request, response, context);
        } else if (threads.enter()) {
            try {
                wait(exchange, rated, request, response, chain);
            } finally {
                threads.leave();
            }
        } else {
            meters.decided(Verdict.REFUSED);
            var unused = rated.thenAccept(Entrance::refund);
            Problem full = Problem.unavailable("too many requests wait", exchange.requestId());
            write(request, response, full);
        }
    }

    /** On this thread, as the chain is not async-supported. */
    private void wait(
            Exchange exchange,
            CompletableFuture<RateOutcome> rated,
            HttpServletRequest request,
            HttpServletResponse response,
            FilterChain chain)
            throws IOException, ServletException {
        BlockingContext context = new BlockingContext(request, response);
        actLater(exchange, rated, context.getRequest(), context.getResponse(), context);
        if (context.await() == BlockingContext.End.DISPATCHED) {
            passOnAgain(request, response, chain);
        }
    }

    private void actLater(
            Exchange exchange,
            CompletableFuture<RateOutcome> rated,
            HttpServletRequest request,
            HttpServletResponse response,
            AsyncContext context) {
        long timeoutMillis = settings.timeout().toMillis();
        CompletableFuture<RateOutcome> bounded =
                rated.isDone() ? rated : node.delayed().within(rated, timeoutMillis);
        var unused = bounded.whenComplete((outcome, failure) -> {
            if (failure != null) {
                meters.decided(Verdict.FAILED);
                RULE_FAILED.log(Level.ERROR, "request " + exchange.requestId() + ": a rule failed", failure);
                complete(
                        context,
                        request,
                        response,
                        CompletableFuture.completedFuture(
                                Answer.of(Problem.ruleFailed(exchange.requestId()), request)));
            } else if (!(outcome instanceof RateOutcome.Allowed allowed)) {
                meters.decided(verdict(outcome));
                complete(context, request, response, answers.problem(exchange, problem(exchange, outcome)));
            } else if (allowed.delayMillis() > 0) {
                delay(exchange, allowed, request, response, context);
            } else {
                act(exchange, allowed, request, response, context);
            }
        });
    }

    private static void refund(RateOutcome outcome) {
        if (outcome instanceof RateOutcome.Allowed allowed) {
            allowed.receipt().refund();
        }
    }

    private void delay(
            Exchange exchange,
            RateOutcome.Allowed allowed,
            HttpServletRequest request,
            HttpServletResponse response,
            AsyncContext context) {
        boolean waits = node.delayed()
                .delay(
                        exchange,
                        response,
                        context,
                        request.getMethod(),
                        allowed.delayMillis(),
                        () -> act(exchange, allowed, request, response, context),
                        allowed.receipt()::refund);
        if (!waits) {
            meters.decided(Verdict.REFUSED);
            allowed.receipt().refund();
            Problem full = Problem.unavailable("too many requests wait", exchange.requestId());
            complete(context, request, response, answers.problem(exchange, full));
        }
    }

    private void act(
            Exchange exchange,
            RateOutcome.Allowed allowed,
            HttpServletRequest request,
            HttpServletResponse response,
            AsyncContext context) {
        Decision decision = decision(exchange, allowed, response);
        if (decision instanceof Decision.Pass) {
            boolean isMisrouted = isMisrouted(exchange, request);
            meters.decided(isMisrouted ? Verdict.REFUSED : Verdict.PASSED);
            if (isMisrouted) {
                allowed.receipt().refund();
            }
            passLater(exchange, context, exchange.inputBody(), request, response);
        } else if (decision instanceof Decision.Answer direct) {
            meters.decided(Verdict.ANSWERED);
            complete(context, request, response, answers.direct(exchange, direct.status()));
        } else if (decision instanceof Decision.Queue queue) {
            Problem problem = RequestCheck.problem(request, exchange);
            CompletableFuture<Answer> own =
                    problem == null ? LastRecipient.answer(answers, exchange) : answers.problem(exchange, problem);
            if (own != null) {
                meters.decided(problem == null ? Verdict.ANSWERED : Verdict.REFUSED);
                complete(context, request, response, own);
                return;
            }
            meters.decided(Verdict.QUEUED);
            node.exchanges()
                    .suspend(
                            exchange,
                            request,
                            response,
                            context,
                            queue.name(),
                            (passed, resumed, body) -> passLater(
                                    passed, resumed, body.length == 0 ? passed.inputBody() : body, request, response));
        }
    }

    private void pass(
            Exchange exchange,
            RateOutcome.Allowed allowed,
            HttpServletRequest request,
            HttpServletResponse response,
            FilterChain chain)
            throws IOException, ServletException {
        if (isMisrouted(exchange, request)) {
            meters.decided(Verdict.REFUSED);
            allowed.receipt().refund();
            write(request, response, misrouted());
            return;
        }
        meters.decided(Verdict.PASSED);
        if (!exchange.hasMatched() && !exchange.requestChanged() && !exchange.isToBeSettled()) {
            // No rule has touched it: the chain runs as if we were not here.
            chain.doFilter(request, response);
            return;
        }
        Passed passed = new Passed(exchange, exchange.inputBody(), rules);
        request.setAttribute(passedAttribute, passed);
        passed.through(request, response, chain);
    }

    /**
     * Whether the container has chosen the servlet by another path than the rules have seen: not all resolve dots, slashes and
     * parameters alike, and what a rule protects must not be reached by that.
     */
    private static boolean isMisrouted(Exchange exchange, HttpServletRequest request) {
        return !CanonicalPath.isCanonical(request.getRequestURI())
                && !exchange.request().path().equals(routed(request));
    }

    private static String routed(HttpServletRequest request) {
        String info = request.getPathInfo();
        String path = request.getContextPath() + request.getServletPath();
        return info == null ? path : path + info;
    }

    private static Problem misrouted() {
        return Problem.badRequest("the path is ambiguous: it is routed as another one");
    }

    /** Passes by a dispatch of the container, which leads here again. */
    private void passLater(
            Exchange exchange,
            AsyncContext context,
            byte @Nullable [] body,
            HttpServletRequest request,
            HttpServletResponse response) {
        if (isMisrouted(exchange, request)) {
            complete(context, request, response, answers.problem(exchange, misrouted()));
            return;
        }
        context.getRequest().setAttribute(passedAttribute, new Passed(exchange, body, rules));
        context.dispatch();
    }

    private static void complete(
            AsyncContext context,
            HttpServletRequest request,
            HttpServletResponse response,
            CompletableFuture<Answer> made) {
        String method = request.getMethod();
        var unused = made.thenAccept(answer -> ResponseWriter.writeAndComplete(context, response, method, answer));
    }

    private static void write(HttpServletRequest request, HttpServletResponse response, Problem problem)
            throws IOException {
        write(request, response, Answer.of(problem, request));
    }

    private static void write(HttpServletRequest request, HttpServletResponse response, Answer answer)
            throws IOException {
        ResponseWriter.write(response, request.getMethod(), answer);
    }
}
