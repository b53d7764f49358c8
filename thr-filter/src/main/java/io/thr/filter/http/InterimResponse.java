package io.thr.filter.http;

import io.thr.core.message.Headers;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.ServletResponseWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.CompletableFuture;

/**
 * Sends interim responses (RFC 9110 §15.2). Servlets know no way to do so, and of the containers only Jetty has one: it sends
 * any, though with fields only a 103. (Tomcat's {@code sendEarlyHints} does not flush, so nobody gets it before the response.)
 */
public final class InterimResponse {

    private static final Logger LOG = System.getLogger(InterimResponse.class.getName());

    private static final CompletableFuture<Void> NOTHING = CompletableFuture.completedFuture(null);

    private InterimResponse() {}

    /**
     * Sends one, where the container can.
     *
     * @return completed when it is written; fails with an {@link IOException} where the client has left
     */
    public static CompletableFuture<Void> send(HttpServletResponse response, int status, Headers headers) {
        ServletResponse own = own(response);
        return isJetty(own) ? jetty(own, status, headers) : NOTHING;
    }

    private static ServletResponse own(ServletResponse response) {
        ServletResponse own = response;
        while (own instanceof ServletResponseWrapper wrapper) {
            own = wrapper.getResponse();
        }
        return own;
    }

    private static boolean isJetty(ServletResponse own) {
        return own.getClass().getName().startsWith("org.eclipse.jetty.");
    }

    private static CompletableFuture<Void> jetty(ServletResponse own, int status, Headers headers) {
        try {
            Object response = own.getClass().getMethod("getResponse").invoke(own);
            ClassLoader loader = own.getClass().getClassLoader();
            Class<?> fieldsType = Class.forName("org.eclipse.jetty.http.HttpFields", true, loader);
            Class<?> mutableType = Class.forName("org.eclipse.jetty.http.HttpFields$Mutable", true, loader);
            Object fields = fieldsType.getMethod("build").invoke(null);
            for (Headers.Field field : headers) {
                mutableType.getMethod("add", String.class, String.class).invoke(fields, field.name(), field.value());
            }
            Object written = Class.forName("org.eclipse.jetty.server.Response", true, loader)
                    .getMethod("writeInterim", int.class, fieldsType)
                    .invoke(response, status, fields);
            return ((CompletableFuture<?>) written).thenApply(done -> null);
        } catch (ReflectiveOperationException | RuntimeException e) {
            return failed(e);
        }
    }

    /** That the client has left is news, that a container is another than we know is not. */
    private static CompletableFuture<Void> failed(Exception e) {
        Throwable cause = e instanceof InvocationTargetException && e.getCause() != null ? e.getCause() : e;
        if (cause instanceof IOException) {
            return CompletableFuture.failedFuture(cause);
        }
        LOG.log(Level.DEBUG, "no interim response could be sent", cause);
        return NOTHING;
    }
}
