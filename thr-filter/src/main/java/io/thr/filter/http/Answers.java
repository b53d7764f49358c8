package io.thr.filter.http;

import io.thr.core.message.Headers;
import io.thr.core.message.ResponseMessage;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.Rules;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Makes the answer of an exchange: runs the response side of the rules that matched on the way in, over the upstream's
 * response, a direct answer or an error alike. Threads may share it.
 */
public final class Answers {

    private static final Logger LOG = System.getLogger(Answers.class.getName());

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

    /** The answer that a rule gives by its status code. */
    public CompletableFuture<Answer> direct(Exchange exchange, int status) {
        return answer(exchange, status, Headers.EMPTY, null, null);
    }

    /** The answer to something that went wrong; the rules' body takes the place of the problem's. */
    public CompletableFuture<Answer> problem(Exchange exchange, Problem problem) {
        return answer(exchange, problem.status(), problem.headers(), null, problem);
    }

    private CompletableFuture<Answer> answer(
            Exchange exchange, int status, Headers headers, byte @Nullable [] body, @Nullable Problem problem) {
        exchange.response(status, headers, body);
        return rules.applyOutput(exchange).handle((done, failure) -> {
            if (failure != null) {
                LOG.log(Level.ERROR, "request " + exchange.requestId() + ": a rule's response side failed", failure);
                return Answer.of(Problem.ruleFailed(exchange.requestId()));
            }
            return made(exchange, problem);
        });
    }

    private static Answer made(Exchange exchange, @Nullable Problem problem) {
        int status = exchange.responseStatus();
        if (status == ResponseMessage.UPSTREAM_FAILED) {
            status = 504;
        }
        byte[] body = exchange.responseBody();
        if (body == null || body.length == 0) {
            body = exchange.outputDefaultBody();
        }
        if (body == null && problem != null) {
            Headers headers = exchange.responseHeaders();
            return new Answer(status, problem.withType(headers), problem.body());
        }
        return new Answer(status, exchange.responseHeaders(), body == null ? NO_BODY : body);
    }
}
