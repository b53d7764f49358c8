package io.thr.filter;

import io.thr.core.config.ConfigException;
import io.thr.core.match.CanonicalPath;
import io.thr.core.message.Headers;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.http.Answer;
import io.thr.filter.http.Answers;
import io.thr.filter.http.ClientAddress;
import io.thr.filter.http.LastRecipient;
import io.thr.filter.http.Passed;
import io.thr.filter.http.Problem;
import io.thr.filter.http.RequestCheck;
import io.thr.filter.http.ResponseWriter;
import io.thr.filter.http.ServletRequestView;
import io.thr.filter.rate.RateCounts;
import io.thr.filter.rate.RateExplanation;
import io.thr.filter.rate.RateGate;
import io.thr.filter.rate.RateOutcome;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.RateLimit;
import io.thr.filter.rule.RequestView;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.Rules;
import io.thr.filter.suspend.DelayedExchanges;
import io.thr.filter.suspend.FilterNode;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Matches requests against rules and passes, rewrites, answers or queues them.
 *
 * <p>Three ways to use it, in any Servlet 6 container; it needs {@code async-supported} in each, also of the filters
 * before it, and the dispatcher types REQUEST and ASYNC:
 *
 * <ul>
 *   <li>in {@code web.xml}, with the init parameter {@code config} naming a YAML file: a path, or a resource of the web
 *       application such as {@code /WEB-INF/thr.yaml};
 *   <li>as a subclass annotated {@code @WebFilter(urlPatterns = "/*", asyncSupported = true, dispatcherTypes = {REQUEST,
 *       ASYNC})}, with the same init parameter or {@link #settings()} overridden, and {@link #rules(RuleList)} for rules
 *       in Java;
 *   <li>by code, with {@link #ThrFilter(FilterSettings)}.
 * </ul>
 *
 * <p>A request whose rules choose no queue goes to the application, rewritten where rules say so. One whose rules choose
 * a queue is suspended: it waits in Redis, holds no thread, and gets the response that a dispatcher puts on this node's
 * response key. Where Redis fails, see {@code on_redis_failure}. Threads may share it, as containers do.
 */
public class ThrFilter implements Filter {

    private static final Logger LOG = System.getLogger(ThrFilter.class.getName());

    /** So many threads may wait for rate policies. */
    private static final int FEW = 4;

    private final @Nullable FilterSettings given;
    private final String passedAttribute = ThrFilter.class.getName() + ".passed." + System.identityHashCode(this);
    private final AtomicInteger asking = new AtomicInteger();
    private @Nullable Running running;

    /** For containers, and for subclasses that are configured by init parameter or {@link #settings()}. */
    public ThrFilter() {
        this.given = null;
    }

    /** Configured by code. */
    public ThrFilter(FilterSettings settings) {
        this.given = settings;
    }

    /** What there is between init and destroy. */
    private record Running(
            FilterSettings settings,
            Rules rules,
            ClientAddress clients,
            Answers answers,
            FilterNode node,
            DelayedExchanges delayed,
            @Nullable RateGate gate,
            boolean isAlone) {

        /** What the rate policies say; complete already where there are none. */
        CompletableFuture<RateOutcome> rate(Exchange exchange) {
            try {
                return gate == null ? CompletableFuture.completedFuture(RateOutcome.FREE) : gate.decide(exchange);
            } catch (RuntimeException e) { // whatever a function of a policy throws
                return CompletableFuture.failedFuture(e);
            }
        }
    }

    /**
     * The settings of a subclass that is configured in Java; null, the default, where the init parameter {@code config}
     * names a file.
     */
    protected @Nullable FilterSettings settings() {
        return null;
    }

    /** Adds rules in Java after those of the settings. The default adds none. */
    protected void rules(RuleList rules) {}

    /**
     * Reads the configuration and connects to Redis.
     *
     * @throws ServletException where either fails; its message lists every mistake found, or says what to do
     */
    @Override
    public void init(jakarta.servlet.FilterConfig config) throws ServletException {
        FilterSettings settings = configured(config);
        RuleList list = new RuleList();
        settings.rules().list().forEach(list::add);
        rules(list);
        Rules rules = list.compile();
        settings = settings.withRules(rules);
        String name = RequestId.next();
        try {
            FilterNode node = new FilterNode(settings, name);
            Answers answers = new Answers(rules);
            running = new Running(
                    settings,
                    rules,
                    new ClientAddress(settings.trustedProxies(), settings.forwardedField()),
                    answers,
                    node,
                    new DelayedExchanges(answers),
                    gate(settings, node, name),
                    isAlone(config));
        } catch (RedisUnavailableException e) {
            throw new ServletException(e.getMessage(), e);
        }
    }

    /** Whether the application has no other filter. */
    private static boolean isAlone(jakarta.servlet.FilterConfig config) {
        try {
            return config.getServletContext().getFilterRegistrations().size() <= 1;
        } catch (UnsupportedOperationException | IllegalStateException e) {
            LOG.log(Level.DEBUG, "the container does not tell of its filters", e);
            return false;
        }
    }

    private static @Nullable RateGate gate(FilterSettings settings, FilterNode node, String name) {
        if (settings.rules().rateLimits().isEmpty()) {
            return null;
        }
        try {
            return new RateGate(settings, node.redis(), name);
        } catch (RuntimeException e) {
            node.close();
            throw e;
        }
    }

    private FilterSettings configured(jakarta.servlet.FilterConfig config) throws ServletException {
        if (given != null) {
            return given;
        }
        FilterSettings overridden = settings();
        if (overridden != null) {
            return overridden;
        }
        try {
            return ConfigurationSource.of(config).read();
        } catch (ConfigException e) {
            throw new ServletException(e.getMessage(), e);
        }
    }

    /** Waits for suspended exchanges up to the grace time, ends the rest with 503. */
    @Override
    public void destroy() {
        Running stopped = running;
        running = null;
        if (stopped != null) {
            stopped.delayed().close();
            stopped.node().close();
            RateGate gate = stopped.gate();
            if (gate != null) {
                gate.close();
            }
        }
    }

    /** How many exchanges are suspended now, for health pages and graceful stops. */
    public int suspended() {
        Running now = running;
        return now == null ? 0 : now.node().suspended() + now.delayed().size();
    }

    /** How often each rate policy has said what on this node; empty where there is none. */
    public Map<String, RateCounts.Count> rateCounts() {
        Running now = running;
        RateGate gate = now == null ? null : now.gate();
        return gate == null ? Map.of() : gate.counts().all();
    }

    /**
     * Tells what would become of a request: which rules match, which rate policies it comes under, under which keys, and how
     * they stand. Nothing is charged and nothing is queued. Functions of rules are called, as for a real request.
     *
     * @return fails where Redis or a function does, or the filter does not run
     */
    public CompletableFuture<Explanation> explain(RequestView request) {
        Running now = running;
        if (now == null) {
            return CompletableFuture.failedFuture(new IllegalStateException("the filter does not run"));
        }
        Exchange exchange = new Exchange(request, RequestId.next());
        exchange.traceRules();
        RateGate gate = now.gate();
        return now.rules()
                .applyInput(exchange)
                .thenCompose(applied -> gate == null
                        ? CompletableFuture.completedFuture(List.<RateExplanation>of())
                        : gate.explain(exchange))
                .thenApply(policies -> new Explanation(
                        exchange.trace(),
                        Decision.of(exchange, now.settings().defaultQueue()).toString(),
                        policies));
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!(request instanceof HttpServletRequest http) || !(response instanceof HttpServletResponse answer)) {
            chain.doFilter(request, response);
            return;
        }
        if (request.getDispatcherType() != DispatcherType.REQUEST) {
            passOnAgain(http, answer, chain);
            return;
        }
        Running now = running;
        if (now == null) {
            write(http, answer, Problem.unavailable("the server is stopping", RequestId.next()));
            return;
        }
        decide(now, http, answer, chain);
    }

    /** A later dispatch of an exchange that was decided at the first one: it is the application's. */
    private void passOnAgain(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request.getAttribute(passedAttribute) instanceof Passed passed) {
            passed.through(request, response, chain);
        } else {
            chain.doFilter(request, response);
        }
    }

    private void decide(Running now, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request.getMethod().equals("CONNECT")) {
            write(request, response, Problem.notImplemented("CONNECT: this is a gateway, not a tunnel", null));
            return;
        }
        CanonicalPath path = CanonicalPath.of(request.getRequestURI());
        if (path instanceof CanonicalPath.Ambiguous ambiguous) {
            write(request, response, Problem.badRequest("the path is ambiguous: " + ambiguous.reason()));
            return;
        }
        String canonical = ((CanonicalPath.Canonical) path).path();
        Exchange exchange = new Exchange(new ServletRequestView(request, now.clients(), canonical), RequestId.next());
        CompletableFuture<Void> applied = now.rules().applyInput(exchange);
        if (!applied.isDone() || applied.isCompletedExceptionally()) {
            actLater(now, exchange, applied.thenCompose(done -> now.rate(exchange)), request, response);
            return;
        }
        CompletableFuture<RateOutcome> rated = now.rate(exchange);
        RateOutcome outcome = maySuspend(now, rated, request) ? null : awaited(rated);
        if (outcome == null || !actNow(now, exchange, outcome, request, response, chain)) {
            actLater(now, exchange, rated, request, response);
        }
    }

    /**
     * Whether a request lets its thread go while the rate policies are asked. It would be dispatched then, and a dispatch leaves
     * out those filters of an application that are not for dispatches: so only where there are no others. And only where many
     * ask: a few are faster on their own threads, many spend more on waking them than on all the rest.
     */
    private boolean maySuspend(Running now, CompletableFuture<RateOutcome> rated, HttpServletRequest request) {
        return !rated.isDone() && now.isAlone() && asking.get() >= FEW && request.isAsyncSupported();
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
            Running now,
            Exchange exchange,
            RateOutcome outcome,
            HttpServletRequest request,
            HttpServletResponse response,
            FilterChain chain)
            throws IOException, ServletException {
        if (!(outcome instanceof RateOutcome.Allowed allowed)) {
            return written(now.answers().problem(exchange, problem(exchange, outcome)), request, response);
        }
        if (allowed.delayMillis() > 0) {
            return false;
        }
        Decision decision = decision(now, exchange, allowed, response);
        if (decision instanceof Decision.Pass) {
            pass(now, exchange, request, response, chain);
            return true;
        }
        return decision instanceof Decision.Answer direct
                && written(now.answers().direct(exchange, direct.status()), request, response);
    }

    private static boolean written(
            CompletableFuture<Answer> made, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (!made.isDone()) {
            return false;
        }
        write(request, response, made.join());
        return true;
    }

    /** What is to be done with a request that its policies allow; tells its client how they stand. */
    private static Decision decision(
            Running now, Exchange exchange, RateOutcome.Allowed allowed, HttpServletResponse response) {
        for (Headers.Field field : allowed.fields()) {
            response.setHeader(field.name(), field.value());
        }
        String queue = allowed.queue();
        return queue == null ? Decision.of(exchange, now.settings().defaultQueue()) : new Decision.Queue(queue);
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
            Running now,
            Exchange exchange,
            CompletableFuture<RateOutcome> rated,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        if (!request.isAsyncSupported()) {
            LOG.log(
                    Level.ERROR,
                    "request {0} cannot wait: this filter, one before it, or the servlet is not async-supported; "
                            + "set <async-supported>true</async-supported> on each",
                    exchange.requestId());
            var unused = rated.thenAccept(ThrFilter::refund);
            write(request, response, Problem.unavailable("the server cannot suspend requests", exchange.requestId()));
            return;
        }
        AsyncContext context = request.startAsync(request, response);
        context.setTimeout(0);
        long timeoutMillis = now.settings().timeout().toMillis();
        CompletableFuture<RateOutcome> bounded =
                rated.isDone() ? rated : rated.orTimeout(timeoutMillis, TimeUnit.MILLISECONDS);
        var unused = bounded.whenComplete((outcome, failure) -> {
            if (failure != null) {
                LOG.log(Level.ERROR, "request " + exchange.requestId() + ": a rule failed", failure);
                complete(
                        context,
                        request,
                        response,
                        CompletableFuture.completedFuture(
                                Answer.of(Problem.ruleFailed(exchange.requestId()), request)));
            } else if (!(outcome instanceof RateOutcome.Allowed allowed)) {
                complete(context, request, response, now.answers().problem(exchange, problem(exchange, outcome)));
            } else if (allowed.delayMillis() > 0) {
                delay(now, exchange, allowed, request, response, context);
            } else {
                act(now, exchange, allowed, request, response, context);
            }
        });
    }

    private static void refund(RateOutcome outcome) {
        if (outcome instanceof RateOutcome.Allowed allowed) {
            allowed.receipt().refund();
        }
    }

    private void delay(
            Running now,
            Exchange exchange,
            RateOutcome.Allowed allowed,
            HttpServletRequest request,
            HttpServletResponse response,
            AsyncContext context) {
        boolean waits = now.delayed()
                .delay(
                        exchange,
                        response,
                        context,
                        request.getMethod(),
                        allowed.delayMillis(),
                        () -> act(now, exchange, allowed, request, response, context),
                        allowed.receipt()::refund);
        if (!waits) {
            allowed.receipt().refund();
            Problem full = Problem.unavailable("too many requests wait", exchange.requestId());
            complete(context, request, response, now.answers().problem(exchange, full));
        }
    }

    private void act(
            Running now,
            Exchange exchange,
            RateOutcome.Allowed allowed,
            HttpServletRequest request,
            HttpServletResponse response,
            AsyncContext context) {
        Decision decision = decision(now, exchange, allowed, response);
        if (decision instanceof Decision.Pass) {
            passLater(now, exchange, context, exchange.inputBody());
        } else if (decision instanceof Decision.Answer direct) {
            complete(context, request, response, now.answers().direct(exchange, direct.status()));
        } else if (decision instanceof Decision.Queue queue) {
            Problem problem = RequestCheck.problem(request, exchange);
            CompletableFuture<Answer> own = problem == null
                    ? LastRecipient.answer(now.answers(), exchange)
                    : now.answers().problem(exchange, problem);
            if (own != null) {
                complete(context, request, response, own);
                return;
            }
            now.node()
                    .suspend(
                            exchange,
                            request,
                            response,
                            context,
                            queue.name(),
                            (passed, resumed, body) ->
                                    passLater(now, passed, resumed, body.length == 0 ? passed.inputBody() : body));
        }
    }

    private void pass(
            Running now, Exchange exchange, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!exchange.hasMatched() && !exchange.requestChanged() && !exchange.isToBeSettled()) {
            // No rule has touched it: the chain runs as if we were not here.
            chain.doFilter(request, response);
            return;
        }
        Passed passed = new Passed(exchange, exchange.inputBody(), now.rules());
        request.setAttribute(passedAttribute, passed);
        passed.through(request, response, chain);
    }

    /** Passes by a dispatch of the container, which leads here again. */
    private void passLater(Running now, Exchange exchange, AsyncContext context, byte @Nullable [] body) {
        context.getRequest().setAttribute(passedAttribute, new Passed(exchange, body, now.rules()));
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
