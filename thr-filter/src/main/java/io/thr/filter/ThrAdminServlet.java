package io.thr.filter;

import io.thr.admin.AdminExtension;
import io.thr.admin.AdminHandler;
import io.thr.admin.AdminRequest;
import io.thr.admin.AdminResponse;
import io.thr.core.message.Headers;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.http.Answer;
import io.thr.filter.http.ResponseWriter;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Shows the state of the bus of this application's {@link ThrFilter}, and lets it be changed: the page, {@code /api/…}, {@code /stats},
 * {@code /metrics}, {@code /health}, {@code /ready}. Nobody gets it unasked: an application maps it where it likes, as {@code
 * /thr-admin/*}, with {@code async-supported}; the filter's rules should leave that path alone.
 *
 * <p>Who may, and by which names, says {@code admin} of the filter's settings. A container listens to whoever can reach it: so all but
 * {@code /health}, {@code /ready}, {@code /metrics} and the page's own files needs the token, and without one is refused.
 *
 * <p>Threads may share it.
 */
public class ThrAdminServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private final transient @Nullable ThrFilter given;
    private final boolean isOnLoopback;
    private final transient List<AdminExtension> extensions;
    private transient @Nullable Shown shown; // guarded by this

    /** What answers for a node. */
    private record Shown(Node node, AdminHandler handler) {}

    /** For containers: shows the filter of its own application. */
    public ThrAdminServlet() {
        this.given = null;
        this.isOnLoopback = false;
        this.extensions = List.of();
    }

    /**
     * Shows that filter, wherever it runs.
     *
     * @param isOnLoopback whether nobody but this machine reaches the servlet, so that who looks needs no token
     */
    public ThrAdminServlet(ThrFilter filter, boolean isOnLoopback) {
        this(filter, isOnLoopback, List.of());
    }

    /** The same, with more than all have. */
    public ThrAdminServlet(ThrFilter filter, boolean isOnLoopback, List<AdminExtension> extensions) {
        this.given = filter;
        this.isOnLoopback = isOnLoopback;
        this.extensions = List.copyOf(extensions);
    }

    /** Answers whatever the method is. */
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = path(request);
        if (path.isEmpty()) {
            // what the page refers to is beside it
            String mount = request.getContextPath() + request.getServletPath();
            String last = mount.substring(mount.lastIndexOf('/') + 1);
            write(
                    new AdminResponse(308, Map.of("Location", "./" + last + "/"), new byte[0]),
                    request.getMethod(),
                    response);
            return;
        }
        AdminHandler handler = handler();
        if (handler == null) {
            write(
                    AdminResponse.problem(503, "Service Unavailable", "no THR filter runs in this application"),
                    request.getMethod(),
                    response);
            return;
        }
        answer(handler, asked(request, path), request, response);
    }

    private static void answer(
            AdminHandler handler, AdminRequest asked, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        CompletableFuture<AdminResponse> answer = handler.handle(asked);
        if (!request.isAsyncSupported()) {
            // which takes a few seconds at most
            write(answer.join(), asked.method(), response);
            return;
        }
        // even where it is there already: a client that takes its time is to hold no thread
        AsyncContext context = request.startAsync(request, response);
        context.setTimeout(0);
        var unused = answer.thenAccept(
                made -> ResponseWriter.writeAndComplete(context, response, asked.method(), answer(made)));
    }

    /** As it was sent, below the place of this servlet; nothing where it is that place itself. */
    private static String path(HttpServletRequest request) {
        String mount = request.getContextPath() + request.getServletPath();
        String path = request.getRequestURI();
        // a path that says it otherwise is none of ours
        return path.startsWith(mount) ? path.substring(mount.length()) : path;
    }

    private static AdminRequest asked(HttpServletRequest request, String path) {
        return new AdminRequest(
                request.getMethod(),
                path,
                request.getQueryString(),
                name -> field(request, name),
                request.getRemoteAddr(),
                request.getLocalAddr());
    }

    private static @Nullable String field(HttpServletRequest request, String name) {
        List<String> values = Collections.list(request.getHeaders(name));
        if (values.isEmpty() && name.equals("Host") && !request.getProtocol().startsWith("HTTP/1")) {
            // HTTP/2 has it elsewhere
            int port = request.getServerPort();
            boolean isUsual = port == (request.isSecure() ? 443 : 80);
            return isUsual ? request.getServerName() : request.getServerName() + ":" + port;
        }
        return values.isEmpty() ? null : String.join(", ", values);
    }

    private static void write(AdminResponse answer, String method, HttpServletResponse response) throws IOException {
        ResponseWriter.write(response, method, answer(answer));
    }

    private static Answer answer(AdminResponse answer) {
        Headers.Builder fields = Headers.of().edit();
        answer.fields().forEach(fields::add);
        if (answer.status() != 304) {
            fields.add("Content-Length", Integer.toString(answer.body().length));
        }
        return new Answer(answer.status(), fields.build(), answer.body());
    }

    private synchronized @Nullable AdminHandler handler() {
        ThrFilter filter = filter();
        Node node = filter == null ? null : filter.running();
        FilterSettings settings = filter == null ? null : filter.inForce();
        Shown before = shown;
        if (before != null && before.node == node) {
            return before.handler;
        }
        end();
        if (node == null || settings == null) {
            return null;
        }
        AdminHandler handler =
                new AdminHandler(new FrontProgram(node, extensions), settings.admin(), isOnLoopback, node.metrics());
        shown = new Shown(node, handler);
        return handler;
    }

    private @Nullable ThrFilter filter() {
        return given != null
                ? given
                : getServletContext().getAttribute(ThrFilter.ATTRIBUTE) instanceof ThrFilter found ? found : null;
    }

    // under this
    private void end() {
        if (shown != null) {
            shown.handler.close();
            shown = null;
        }
    }

    /** Ends what it has begun. */
    @Override
    public synchronized void destroy() {
        end();
    }
}
