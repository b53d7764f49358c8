package io.thr.filter;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.Servlet;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A web application to be deployed in any {@link Container}: its filters in order, servlets and error pages. */
final class WebApp {

    /** As README says that the filter is to be mapped. */
    static final Set<DispatcherType> USUAL = EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC);

    final String contextPath;
    final List<MappedFilter> filters = new ArrayList<>();
    final List<MappedServlet> servlets = new ArrayList<>();
    final List<ErrorPage> errorPages = new ArrayList<>();
    boolean acceptsAnyPath;
    /** With {@code -Dthr.without-async=true} no application can be suspended. */
    boolean asyncSupported = !Boolean.getBoolean("thr.without-async");

    private WebApp(String contextPath) {
        this.contextPath = contextPath;
    }

    /** A filter at its places. */
    record MappedFilter(String name, Filter filter, Set<DispatcherType> dispatches, List<String> patterns) {}

    /** A servlet at its places. */
    record MappedServlet(String name, Servlet servlet, List<String> patterns) {}

    /** Where the container dispatches to after that status, or after that error. */
    record ErrorPage(int status, @Nullable Class<? extends Throwable> type, String location) {}

    /** One in the root context. */
    static WebApp atRoot() {
        return new WebApp("");
    }

    /** One in a context that begins with a slash. */
    static WebApp at(String contextPath) {
        return new WebApp(contextPath);
    }

    /** The filter on all paths, and then the servlet for all. */
    static WebApp of(Filter filter, Servlet application) {
        return atRoot().filter("thr", filter, USUAL, "/*").servlet(application, "/*");
    }

    WebApp filter(String name, Filter filter, Set<DispatcherType> dispatches, String... patterns) {
        filters.add(new MappedFilter(name, filter, dispatches, List.of(patterns)));
        return this;
    }

    WebApp servlet(Servlet servlet, String... patterns) {
        servlets.add(new MappedServlet("servlet " + servlets.size(), servlet, List.of(patterns)));
        return this;
    }

    WebApp errorPage(int status, String location) {
        errorPages.add(new ErrorPage(status, null, location));
        return this;
    }

    WebApp errorPage(Class<? extends Throwable> type, String location) {
        errorPages.add(new ErrorPage(0, type, location));
        return this;
    }

    /** The container lets through all paths that it can be told to let through, to be refused by the filter. */
    WebApp acceptsAnyPath() {
        acceptsAnyPath = true;
        return this;
    }

    /** None of it can be suspended. */
    WebApp withoutAsync() {
        asyncSupported = false;
        return this;
    }
}
