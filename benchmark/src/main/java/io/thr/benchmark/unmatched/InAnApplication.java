package io.thr.benchmark.unmatched;

import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import java.util.Collections;
import java.util.Enumeration;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.jspecify.annotations.Nullable;

/** How a container configures the only filter of an application. */
final class InAnApplication implements FilterConfig {

    private final ServletContext context = new ServletContextHandler().getServletContext();

    @Override
    public String getFilterName() {
        return "thr";
    }

    @Override
    public ServletContext getServletContext() {
        return context;
    }

    @Override
    public @Nullable String getInitParameter(String name) {
        return null;
    }

    @Override
    public Enumeration<String> getInitParameterNames() {
        return Collections.emptyEnumeration();
    }
}
