package io.thr.filter;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.MalformedURLException;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Registers the filter in a web application that has {@code /WEB-INF/thr.yaml} and declares no {@link ThrFilter} by any
 * other way: for all paths, before the filters of {@code web.xml}, async-supported. Containers find it by themselves (Servlet
 * 6.0 §8.2.4).
 */
public final class ThrInitializer implements ServletContainerInitializer {

    private static final Logger LOG = System.getLogger(ThrInitializer.class.getName());

    /** The file that says that the filter is wanted, and how. */
    public static final String FILE = "/WEB-INF/thr.yaml";

    private static final String NAME = "thr";

    /** Called by the container. */
    public ThrInitializer() {}

    @Override
    public void onStartup(@Nullable Set<Class<?>> classes, ServletContext context) {
        if (!has(context) || isDeclared(context.getFilterRegistrations().values(), "")) {
            return;
        }
        FilterRegistration.Dynamic filter = context.addFilter(NAME, Automatic.class);
        if (filter == null) {
            LOG.log(Level.WARNING, "{0}: not in force, as there is another filter named {1}", FILE, NAME);
            return;
        }
        filter.setInitParameter("config", FILE);
        filter.setAsyncSupported(true);
        filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC), false, "/*");
    }

    private static boolean has(ServletContext context) {
        try {
            return context.getResource(FILE) != null;
        } catch (MalformedURLException e) {
            throw new IllegalStateException(FILE, e);
        }
    }

    /** Whether one of these is ours, but for that of that name. */
    private static boolean isDeclared(Collection<? extends FilterRegistration> registrations, String except) {
        return registrations.stream()
                .filter(registration -> !registration.getName().equals(except))
                .anyMatch(registration -> isOurs(registration.getClassName()));
    }

    private static boolean isOurs(@Nullable String className) {
        if (className == null) {
            return false;
        }
        try {
            ClassLoader loader = Thread.currentThread().getContextClassLoader();
            return ThrFilter.class.isAssignableFrom(Class.forName(className, false, loader));
        } catch (ClassNotFoundException | LinkageError e) {
            LOG.log(Level.DEBUG, "filter " + className + " is not there", e);
            return false;
        }
    }

    /** The filter that is registered so. It stands back where one has been declared after it, by a listener of the application. */
    public static final class Automatic extends ThrFilter {

        private boolean standsBack;

        /** Called by the container. */
        public Automatic() {}

        @Override
        public void init(jakarta.servlet.FilterConfig config) throws jakarta.servlet.ServletException {
            standsBack = isDeclared(
                    config.getServletContext().getFilterRegistrations().values(), config.getFilterName());
            if (!standsBack) {
                super.init(config);
            }
        }

        @Override
        public void doFilter(
                jakarta.servlet.ServletRequest request,
                jakarta.servlet.ServletResponse response,
                jakarta.servlet.FilterChain chain)
                throws java.io.IOException, jakarta.servlet.ServletException {
            if (standsBack) {
                chain.doFilter(request, response);
            } else {
                super.doFilter(request, response, chain);
            }
        }
    }
}
