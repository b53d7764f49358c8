package io.thr.filter.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;

/**
 * A request that is passed on: an application that goes on later does so with what it was shown. The container would give
 * its own request and response to one that starts with none, past the rules.
 */
class AsyncRequest extends HttpServletRequestWrapper {

    private final PassedResponse response;

    AsyncRequest(HttpServletRequest request, PassedResponse response) {
        super(request);
        this.response = response;
    }

    @Override
    public AsyncContext startAsync() {
        return startAsync(this, response);
    }

    @Override
    public AsyncContext startAsync(ServletRequest shown, ServletResponse answer) {
        AsyncContext context = super.startAsync(shown, answer);
        context.addListener(new End(response));
        return context;
    }

    /** Settles what ends without a word. */
    private record End(PassedResponse response) implements AsyncListener {

        @Override
        public void onComplete(AsyncEvent event) {
            response.ended();
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            // the end follows
        }

        @Override
        public void onError(AsyncEvent event) {
            // the end follows
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // has a listener of its own
        }
    }
}
