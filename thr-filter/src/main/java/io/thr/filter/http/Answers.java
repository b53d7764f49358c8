package io.thr.filter.http;

import io.thr.core.log.StormLog;
import io.thr.core.message.Headers;
import io.thr.core.message.ResponseMessage;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.Rules;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Makes the answer of an exchange: runs the response side of the rules that matched on the way in, over the upstream's
 * response, a direct answer or an error alike. Threads may share it.
 */
public final class Answers {

    private static final Logger LOG = System.getLogger(Answers.class.getName());
    private static final StormLog RULE_FAILED = StormLog.of(LOG);

    private static final byte[] NO_BODY = {};

    private final Rules rules;

    /** With the rules of the filter. */
    public Answers(Rules rules) {
        this.rules = rules;
    }

    /** The answer made of an upstream's response. Completed at once unless a function of a rule takes its time. */
    public CompletableFuture<Answer> upstream(Exchange exchange, int status, Headers headers, byte[] body) {
        return answer(exchange, status, headers, body, null);
    }

    /**
     * The answer made of an upstream's response of which more follows. Its body is the same array, unless a rule has set
     * another, to be sent instead of all of it.
     */
    public CompletableFuture<Answer> beginning(Exchange exchange, int status, Headers headers, byte[] first) {
        exchange.response(status, headers, first);
        return rules.applyOutput(exchange).handle((done, failure) -> {
            if (failure != null) {
                return ruleFailed(exchange, failure);
            }
            byte[] body = exchange.responseBody();
            return new Answer(exchange.responseStatus(), exchange.responseHeaders(), body == null ? NO_BODY : body);
        });
    }

    /** The answer that a rule gives by its status code. */
    public CompletableFuture<Answer> direct(Exchange exchange, int status) {
        return answer(exchange, status, Headers.EMPTY, null, null);
    }

    /**
     * The answer to something that went wrong, in the form that the request's {@code Accept} asks for; the rules' body takes
     * the place of the problem's.
     */
    public CompletableFuture<Answer> problem(Exchange exchange, Problem problem) {
        return answer(exchange, problem.status(), problem.headers(), null, problem);
    }

    private CompletableFuture<Answer> answer(
            Exchange exchange, int status, Headers headers, byte @Nullable [] body, @Nullable Problem problem) {
        exchange.response(status, headers, body);
        return rules.applyOutput(exchange).handle((done, failure) -> {
            if (failure != null) {
                return ruleFailed(exchange, failure);
            }
            return made(exchange, problem);
        });
    }

    private static Answer ruleFailed(Exchange exchange, Throwable failure) {
        RULE_FAILED.log(Level.ERROR, "request " + exchange.requestId() + ": a rule's response side failed", failure);
        Problem failed = Problem.ruleFailed(exchange.requestId());
        return Answer.of(failed, failed.status(), failed.headers(), accept(exchange));
    }

    private static Answer made(Exchange exchange, @Nullable Problem problem) {
        int status = exchange.responseStatus();
        if (status == ResponseMessage.UPSTREAM_FAILED) {
            status = 504;
        }
        byte[] body = exchange.responseBody();
        if ((body == null || body.length == 0) && !isRefusal(problem)) {
            body = exchange.outputDefaultBody();
        }
        if (body == null && problem != null) {
            return Answer.of(problem, status, exchange.responseHeaders(), accept(exchange));
        }
        return new Answer(status, exchange.responseHeaders(), body == null ? NO_BODY : body);
    }

    /** The default body is often what a rule answers with: not to those whom it refuses. */
    private static boolean isRefusal(@Nullable Problem problem) {
        return problem != null && !problem.violatedPolicies().isEmpty();
    }

    /**
     * What the client accepts. Where it has left, its container may end the exchange by itself while a time-out makes its
     * answer here, and refuse to tell: then nobody reads that answer either.
     */
    private static List<String> accept(Exchange exchange) {
        try {
            return exchange.headerValues("Accept");
        } catch (RuntimeException e) {
            LOG.log(Level.DEBUG, "request " + exchange.requestId() + ": its container has taken it back", e);
            return List.of();
        }
    }
}
