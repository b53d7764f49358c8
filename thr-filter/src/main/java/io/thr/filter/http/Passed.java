package io.thr.filter.http;

import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.Rules;
import jakarta.servlet.FilterChain;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An exchange that rules matched and that goes to the application all the same: rewritten on the way in, its response's
 * fields changed on the way out. It stays with the request for the application's own later dispatches.
 */
public final class Passed {

    private final Exchange exchange;
    private final byte @Nullable [] body;
    private final Rules rules;
    private final String path;
    private boolean forwarded;
    private boolean outputApplied;

    /** With the body where it has been read or set, else null. */
    public Passed(Exchange exchange, byte @Nullable [] body, Rules rules) {
        this.exchange = exchange;
        this.body = body;
        this.rules = rules;
        this.path = exchange.request().path();
    }

    /** A later dispatch, or a later time on this way: with what was kept with the request, null where nothing was. */
    public static void again(
            @Nullable Object kept, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (kept instanceof Passed passed) {
            passed.through(request, response, chain);
        } else {
            chain.doFilter(request, response);
        }
    }

    /** Runs the chain, or forwards to the path that a rule has set. */
    public void through(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        HttpServletRequest passedRequest =
                exchange.requestChanged() || body != null ? new PassedRequest(request, exchange, body) : request;
        PassedResponse passedResponse = new PassedResponse(response, this);
        if (!forwarded && !exchange.path().equals(path)) {
            forwarded = true;
            forward(passedRequest, passedResponse);
        } else {
            chain.doFilter(passedRequest, passedResponse);
        }
        if (!request.isAsyncStarted()) {
            passedResponse.beforeBody();
        }
    }

    private void forward(HttpServletRequest request, HttpServletResponse response)
            throws IOException, ServletException {
        String context = request.getContextPath();
        String target = exchange.rawPath();
        RequestDispatcher dispatcher =
                target.startsWith(context) ? request.getRequestDispatcher(target.substring(context.length())) : null;
        if (dispatcher == null) {
            throw new ServletException("set_path: " + target + " (expected: a path within the application " + context
                    + ", for a request that is not queued)");
        }
        dispatcher.forward(request, response);
    }

    Exchange exchange() {
        return exchange;
    }

    Rules rules() {
        return rules;
    }

    /** True at the first call: the response side runs once, however often the application dispatches. */
    boolean takeOutput() {
        boolean first = !outputApplied;
        outputApplied = true;
        return first;
    }
}
