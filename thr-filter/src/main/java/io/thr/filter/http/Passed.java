package io.thr.filter.http;

import io.thr.core.message.Headers;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.Rules;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An exchange that rules matched and that goes to the application all the same: rewritten on the way in, its response's
 * fields changed on the way out. It stays with the request for the application's own later dispatches.
 */
public final class Passed {

    private static final int FAILED = 500;

    private final Exchange exchange;
    private final byte @Nullable [] body;
    private final Rules rules;
    private final String path;
    private final @Nullable String queryString;
    private boolean forwarded;
    private boolean outputApplied;
    private @Nullable HttpServletRequest shown;

    /** With the body where it has been read or set, else null. */
    public Passed(Exchange exchange, byte @Nullable [] body, Rules rules) {
        this.exchange = exchange;
        this.body = body;
        this.rules = rules;
        this.path = exchange.request().path();
        this.queryString = exchange.request().queryString();
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

    /**
     * Runs the chain, or forwards to the path that a rule has set. A later dispatch that goes on with what the application was
     * shown at an earlier one runs as if we were not here; one with the container's own request is shown the same again.
     */
    public void through(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        DispatcherType type = request.getDispatcherType();
        boolean isInside = type == DispatcherType.FORWARD || type == DispatcherType.INCLUDE;
        if (isInside && isShown(request)) {
            chain.doFilter(request, response);
            return;
        }
        PassedResponse passedResponse = new PassedResponse(response, this);
        HttpServletRequest passedRequest = request;
        if (!isShown(request)) {
            passedRequest = exchange.requestChanged() || body != null
                    ? new PassedRequest(request, passedResponse, this)
                    : new AsyncRequest(request, passedResponse);
            shown = passedRequest;
        }
        try {
            if (!forwarded && !exchange.path().equals(path)) {
                forwarded = true;
                forward(passedRequest, passedResponse);
            } else {
                chain.doFilter(passedRequest, passedResponse);
            }
        } catch (Throwable e) {
            passedResponse.beforeBody(FAILED);
            throw e;
        }
        if (!request.isAsyncStarted()) {
            passedResponse.beforeBody();
        }
    }

    private boolean isShown(HttpServletRequest request) {
        HttpServletRequest before = shown;
        return before != null
                && (request == before
                        || (request instanceof ServletRequestWrapper wrapper && wrapper.isWrapperFor(before)));
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

    byte @Nullable [] body() {
        return body;
    }

    /** The query as the client sent it; that of another dispatch is the application's. */
    @Nullable
    String clientQueryString() {
        return queryString;
    }

    /** The response has ended, and nobody has looked at its fields: what it costs is settled all the same. */
    void ended(int status) {
        if (takeOutput()) {
            exchange.response(status, Headers.EMPTY, null);
        }
    }

    /** True at the first call: the response side runs once, however often the application dispatches. */
    synchronized boolean takeOutput() {
        boolean first = !outputApplied;
        outputApplied = true;
        return first;
    }
}
