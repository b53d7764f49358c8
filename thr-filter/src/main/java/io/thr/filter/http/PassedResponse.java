package io.thr.filter.http;

import io.thr.core.message.Headers;
import io.thr.filter.rule.Exchange;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The application's response, on whose fields the rules' response side runs just before the body begins: when the
 * application asks for the stream or the writer, sends an error or a redirect, flushes, fails, or returns. Its body is the
 * application's own.
 */
final class PassedResponse extends HttpServletResponseWrapper {

    /** Whatever a container that includes something puts in its place, which lets no field be changed. */
    private final HttpServletResponse direct;

    private final Passed passed;
    private @Nullable Headers before;

    PassedResponse(HttpServletResponse response, Passed passed) {
        super(response);
        this.direct = response;
        this.passed = passed;
    }

    /** Runs the response side, once, and changes the fields as long as they can still be changed. */
    void beforeBody() {
        beforeBody(direct.getStatus());
    }

    /** The same, before the container has been told of the status. */
    void beforeBody(int status) {
        if (passed.takeOutput()) {
            Exchange exchange = passed.exchange();
            before = current();
            exchange.response(status, before, null);
            passed.rules().applyOutput(exchange).join();
        }
        if (before != null
                && !direct.isCommitted()
                && change(before, passed.exchange().responseHeaders())) {
            before = null;
        }
    }

    /** It has ended: what it costs is settled, where that has not been done. */
    void ended() {
        passed.ended(direct.getStatus());
    }

    private Headers current() {
        List<Headers.Field> fields = new ArrayList<>();
        for (String name : direct.getHeaderNames()) {
            for (String value : direct.getHeaders(name)) {
                fields.add(new Headers.Field(name, value));
            }
        }
        return Headers.of(fields);
    }

    /** False where none of it has been taken: some containers let no field be changed while the application includes. */
    private boolean change(Headers from, Headers to) {
        if (from.equals(to)) {
            return true;
        }
        Set<String> names = new LinkedHashSet<>();
        from.forEach(field -> names.add(field.name()));
        to.forEach(field -> names.add(field.name()));
        names.removeIf(name -> to.all(name).equals(from.all(name)));
        names.forEach(name -> replace(name, to.all(name)));
        return names.stream().anyMatch(name -> !from.all(name).equals(List.copyOf(direct.getHeaders(name))));
    }

    /** Containers of Servlet 6.1 remove a field that is set to null, as do Jetty and Undertow before. */
    @SuppressWarnings("NullAway")
    private void replace(String name, List<String> values) {
        direct.setHeader(name, values.isEmpty() ? null : values.get(0));
        for (int i = 1; i < values.size(); i++) {
            direct.addHeader(name, values.get(i));
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
        beforeBody(status);
        super.sendError(status);
    }

    @Override
    public void sendError(int status, String message) throws IOException {
        beforeBody(status);
        super.sendError(status, message);
    }

    @Override
    public void sendRedirect(String location) throws IOException {
        beforeBody(SC_FOUND);
        super.sendRedirect(location);
    }

    /** As in Servlet 6.1. */
    public void sendRedirect(String location, int status) throws IOException {
        sendRedirect(location, status, true);
    }

    /** As in Servlet 6.1. */
    public void sendRedirect(String location, boolean clearBuffer) throws IOException {
        sendRedirect(location, SC_FOUND, clearBuffer);
    }

    /** As in Servlet 6.1, whose wrapper would go to the container past us. */
    public void sendRedirect(String location, int status, boolean clearBuffer) throws IOException {
        beforeBody(status);
        Redirect.send((HttpServletResponse) getResponse(), location, status, clearBuffer);
    }

    /** What we are not compiled with: {@code sendRedirect} of Servlet 6.1. */
    private static final class Redirect {

        private static final @Nullable MethodHandle SEND = find();

        private static @Nullable MethodHandle find() {
            try {
                return MethodHandles.publicLookup()
                        .findVirtual(
                                HttpServletResponse.class,
                                "sendRedirect",
                                MethodType.methodType(void.class, String.class, int.class, boolean.class));
            } catch (NoSuchMethodException | IllegalAccessException e) {
                return null;
            }
        }

        static void send(HttpServletResponse response, String location, int status, boolean clearBuffer)
                throws IOException {
            MethodHandle found = SEND;
            if (found == null) {
                throw new UnsupportedOperationException("sendRedirect: status " + status + " (expected: Servlet 6.1)");
            }
            try {
                found.invokeExact(response, location, status, clearBuffer);
            } catch (IOException | RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IOException(e);
            }
        }
    }
}
