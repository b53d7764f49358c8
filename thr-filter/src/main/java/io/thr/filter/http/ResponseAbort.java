package io.thr.filter.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.ServletResponseWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.lang.reflect.Method;

/**
 * Breaks off a response that has begun, so that its client sees that it is not whole: the connection is closed, or the
 * HTTP/2 stream reset. Servlets know no way to do so, hence each container has its own; an unknown one is made to fail.
 */
final class ResponseAbort {

    private static final Logger LOG = System.getLogger(ResponseAbort.class.getName());

    private ResponseAbort() {}

    /** Of a suspended exchange, which ends by that. */
    static void abort(AsyncContext context, HttpServletResponse response) {
        ServletResponse own = response;
        while (own instanceof ServletResponseWrapper wrapper) {
            own = wrapper.getResponse();
        }
        try {
            String container = own.getClass().getName();
            if (container.startsWith("org.eclipse.jetty.")) {
                // Jetty's own extension: "-1 will abort the response"
                ((HttpServletResponse) own).sendError(-1);
                complete(context);
            } else if (container.startsWith("org.apache.catalina.")) {
                closeTomcat(own);
                complete(context);
            } else if (container.startsWith("io.undertow.")) {
                closeUndertow(context.getRequest());
                complete(context);
            } else {
                fail(context);
            }
        } catch (IOException | ReflectiveOperationException | RuntimeException e) {
            LOG.log(Level.DEBUG, "the response could not be broken off in the container's own way", e);
            fail(context);
        }
    }

    /** Whose asynchronous work throws is ended by the container, one hopes. */
    private static void fail(AsyncContext context) {
        try {
            context.start(() -> {
                complete(context);
                throw new IllegalStateException("the upstream's response broke off");
            });
        } catch (IllegalStateException e) {
            LOG.log(Level.DEBUG, "the container had already completed the exchange", e);
        }
    }

    private static void complete(AsyncContext context) {
        try {
            context.complete();
        } catch (IllegalStateException e) {
            LOG.log(Level.DEBUG, "the container had already completed the exchange", e);
        }
    }

    private static void closeTomcat(ServletResponse facade) throws ReflectiveOperationException {
        Field field = facade.getClass().getDeclaredField("response");
        field.setAccessible(true);
        Object coyote = call(field.get(facade), "getCoyoteResponse");
        Class<?> codes = Class.forName(
                "org.apache.coyote.ActionCode", true, coyote.getClass().getClassLoader());
        Object closeNow = codes.getMethod("valueOf", String.class).invoke(null, "CLOSE_NOW");
        coyote.getClass()
                .getMethod("action", codes, Object.class)
                .invoke(coyote, closeNow, new IOException("the upstream's response broke off"));
    }

    private static void closeUndertow(ServletRequest request) throws ReflectiveOperationException {
        ServletRequest own = request;
        while (own instanceof ServletRequestWrapper wrapper) {
            own = wrapper.getRequest();
        }
        Object exchange = call(own, "getExchange");
        Object connection = call(exchange, "getConnection");
        call(connection, "close");
    }

    private static Object call(Object on, String name) throws ReflectiveOperationException {
        Method method = on.getClass().getMethod(name);
        Object result = method.invoke(on);
        return result == null ? on : result;
    }
}
