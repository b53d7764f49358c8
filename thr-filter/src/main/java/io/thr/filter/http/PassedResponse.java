package io.thr.filter.http;

import io.thr.core.message.Headers;
import io.thr.filter.rule.Exchange;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The application's response, on whose fields the rules' response side runs just before the body begins: when the
 * application asks for the stream or the writer, sends an error or a redirect, flushes, or returns. Its body is the
 * application's own.
 */
final class PassedResponse extends HttpServletResponseWrapper {

    private final Passed passed;

    PassedResponse(HttpServletResponse response, Passed passed) {
        super(response);
        this.passed = passed;
    }

    /** Runs the response side, once, as long as the fields can still be changed. */
    void beforeBody() {
        if (isCommitted() || !passed.takeOutput()) {
            return;
        }
        Headers before = current();
        Exchange exchange = passed.exchange();
        exchange.response(getStatus(), before, null);
        passed.rules().applyOutput(exchange).join();
        change(before, exchange.responseHeaders());
    }

    private Headers current() {
        List<Headers.Field> fields = new ArrayList<>();
        for (String name : getHeaderNames()) {
            for (String value : getHeaders(name)) {
                fields.add(new Headers.Field(name, value));
            }
        }
        return Headers.of(fields);
    }

    private void change(Headers before, Headers after) {
        if (before.equals(after)) {
            return;
        }
        Set<String> names = new LinkedHashSet<>();
        before.forEach(field -> names.add(field.name()));
        after.forEach(field -> names.add(field.name()));
        for (String name : names) {
            List<String> values = after.all(name);
            if (!values.equals(before.all(name))) {
                replace(name, values);
            }
        }
    }

    /** Containers of Servlet 6.1 remove a field that is set to null, as do Jetty and Undertow before. */
    @SuppressWarnings("NullAway")
    private void replace(String name, List<String> values) {
        setHeader(name, values.isEmpty() ? null : values.get(0));
        for (int i = 1; i < values.size(); i++) {
            addHeader(name, values.get(i));
        }
    }

    @Override
    public ServletOutputStream getOutputStream() throws IOException {
        beforeBody();
        return super.getOutputStream();
    }

    @Override
    public PrintWriter getWriter() throws IOException {
        beforeBody();
        return super.getWriter();
    }

    @Override
    public void flushBuffer() throws IOException {
        beforeBody();
        super.flushBuffer();
    }

    @Override
    public void sendError(int status) throws IOException {
        beforeBody();
        super.sendError(status);
    }

    @Override
    public void sendError(int status, String message) throws IOException {
        beforeBody();
        super.sendError(status, message);
    }

    @Override
    public void sendRedirect(String location) throws IOException {
        beforeBody();
        super.sendRedirect(location);
    }
}
