package io.thr.filter;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.startsWith;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.FilterInfo;
import io.undertow.servlet.api.ServletInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.Globals;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.util.ServerInfo;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.buf.EncodedSolidusHandling;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.apache.tomcat.util.threads.VirtualThreadExecutor;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A servlet container that runs one web application, on a free port of the loopback interface. All speak HTTP/1.1, and
 * HTTP/2 where a client begins with it or asks for it.
 *
 * <p>With {@code -Dthr.virtual-threads=true}, on a JDK that has them, requests run on virtual threads.
 */
interface Container extends AutoCloseable {

    int port();

    /** Undeploys, which destroys the filters, and stops the server. */
    @Override
    void close();

    /** The containers of this run that every contract is checked on: of Servlet 6.0, or of 6.1. */
    static Stream<Kind> kinds() {
        return Arrays.stream(Kind.values()).filter(Kind::isHere);
    }

    /** The containers that every contract is checked on. */
    enum Kind {
        /** With its environment of the Servlet API that there is: ee10 or ee11. */
        JETTY {
            @Override
            Container start(WebApp app) throws Exception {
                return new Jetty(IS_SERVLET_6_1 ? Ee11.context(app) : Ee10.context(app), app);
            }

            @Override
            boolean isHere() {
                return true;
            }
        },
        /** 10.1 or 11, whichever is on the class path. */
        TOMCAT {
            @Override
            Container start(WebApp app) throws Exception {
                return new EmbeddedTomcat(app);
            }

            @Override
            boolean isHere() {
                return true;
            }
        },
        /** Which has no version for Servlet 6.1. */
        UNDERTOW {
            @Override
            Container start(WebApp app) throws Exception {
                return new EmbeddedUndertow(app);
            }

            @Override
            boolean isHere() {
                return !IS_SERVLET_6_1;
            }
        };

        private static final boolean IS_SERVLET_6_1 = isServlet61();
        private static final boolean ON_VIRTUAL_THREADS = Boolean.getBoolean("thr.virtual-threads");

        abstract Container start(WebApp app) throws Exception;

        abstract boolean isHere();

        Container start(Filter filter, Servlet application) throws Exception {
            return start(WebApp.of(filter, application));
        }

        private static boolean isServlet61() {
            boolean is = Arrays.stream(jakarta.servlet.http.HttpServletResponse.class.getMethods())
                    .anyMatch(method -> method.getName().equals("sendRedirect") && method.getParameterCount() == 3);
            assertThat(ServerInfo.getServerNumber(), startsWith(is ? "11." : "10.1."));
            return is;
        }

        private static Executor virtualThreads() {
            try {
                return (Executor) Executors.class
                        .getMethod("newVirtualThreadPerTaskExecutor")
                        .invoke(null);
            } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
                throw new IllegalStateException("thr.virtual-threads: true (expected: only on JDK 21 and later)", e);
            }
        }
    }

    /** Jetty, whatever environment the application runs in. */
    final class Jetty implements Container {

        private final Server server;
        private final ServerConnector connector;

        Jetty(Handler application, WebApp app) throws Exception {
            QueuedThreadPool threads = new QueuedThreadPool();
            if (Kind.ON_VIRTUAL_THREADS) {
                threads.setVirtualThreadsExecutor(Kind.virtualThreads());
            }
            server = new Server(threads);
            server.setHandler(application);
            HttpConfiguration http = new HttpConfiguration();
            if (app.acceptsAnyPath) {
                http.setUriCompliance(UriCompliance.UNSAFE);
            }
            connector = new ServerConnector(
                    server, new HttpConnectionFactory(http), new HTTP2CServerConnectionFactory(http));
            connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
            // many clients at once, and Java's default is a backlog of 50
            connector.setAcceptQueueSize(1024);
            server.addConnector(connector);
            server.start();
        }

        @Override
        public int port() {
            return connector.getLocalPort();
        }

        @Override
        public void close() {
            try {
                server.stop();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** What is Jetty's ee10 of {@link Jetty}. */
    final class Ee10 {

        private Ee10() {}

        static Handler context(WebApp app) {
            var context = new org.eclipse.jetty.ee10.servlet.ServletContextHandler();
            context.setContextPath(app.contextPath.isEmpty() ? "/" : app.contextPath);
            for (WebApp.MappedFilter mapped : app.filters) {
                var holder = new org.eclipse.jetty.ee10.servlet.FilterHolder(mapped.filter());
                holder.setName(mapped.name());
                holder.setAsyncSupported(app.asyncSupported);
                mapped.patterns()
                        .forEach(pattern -> context.addFilter(holder, pattern, EnumSet.copyOf(mapped.dispatches())));
            }
            for (WebApp.MappedServlet mapped : app.servlets) {
                var holder = new org.eclipse.jetty.ee10.servlet.ServletHolder(mapped.name(), mapped.servlet());
                holder.setAsyncSupported(app.asyncSupported);
                mapped.patterns().forEach(pattern -> context.addServlet(holder, pattern));
            }
            if (!app.errorPages.isEmpty()) {
                var pages = new org.eclipse.jetty.ee10.servlet.ErrorPageErrorHandler();
                for (WebApp.ErrorPage page : app.errorPages) {
                    if (page.type() == null) {
                        pages.addErrorPage(page.status(), page.location());
                    } else {
                        pages.addErrorPage(page.type(), page.location());
                    }
                }
                context.setErrorHandler(pages);
            }
            context.getServletHandler().setDecodeAmbiguousURIs(app.acceptsAnyPath);
            return context;
        }
    }

    /** What is Jetty's ee11 of {@link Jetty}. */
    final class Ee11 {

        private Ee11() {}

        static Handler context(WebApp app) {
            var context = new org.eclipse.jetty.ee11.servlet.ServletContextHandler();
            context.setContextPath(app.contextPath.isEmpty() ? "/" : app.contextPath);
            for (WebApp.MappedFilter mapped : app.filters) {
                var holder = new org.eclipse.jetty.ee11.servlet.FilterHolder(mapped.filter());
                holder.setName(mapped.name());
                holder.setAsyncSupported(app.asyncSupported);
                mapped.patterns()
                        .forEach(pattern -> context.addFilter(holder, pattern, EnumSet.copyOf(mapped.dispatches())));
            }
            for (WebApp.MappedServlet mapped : app.servlets) {
                var holder = new org.eclipse.jetty.ee11.servlet.ServletHolder(mapped.name(), mapped.servlet());
                holder.setAsyncSupported(app.asyncSupported);
                mapped.patterns().forEach(pattern -> context.addServlet(holder, pattern));
            }
            if (!app.errorPages.isEmpty()) {
                var pages = new org.eclipse.jetty.ee11.servlet.ErrorPageErrorHandler();
                for (WebApp.ErrorPage page : app.errorPages) {
                    if (page.type() == null) {
                        pages.addErrorPage(page.status(), page.location());
                    } else {
                        pages.addErrorPage(page.type(), page.location());
                    }
                }
                context.setErrorHandler(pages);
            }
            context.getServletHandler().setDecodeAmbiguousURIs(app.acceptsAnyPath);
            return context;
        }
    }

    /** Tomcat. */
    final class EmbeddedTomcat implements Container {

        private final Tomcat tomcat = new Tomcat();
        private final Path base = Files.createTempDirectory("tomcat");

        EmbeddedTomcat(WebApp app) throws LifecycleException, IOException {
            tomcat.setBaseDir(base.toString());
            tomcat.setPort(0);
            tomcat.setHostname("127.0.0.1");
            tomcat.getConnector().setProperty("address", "127.0.0.1");
            tomcat.getConnector().setProperty("maxSwallowSize", "-1");
            // many requests on one connection, many connections at once
            tomcat.getConnector().setProperty("maxKeepAliveRequests", "-1");
            tomcat.getConnector().setProperty("acceptCount", "1024");
            tomcat.getConnector().addUpgradeProtocol(new Http2Protocol());
            if (Kind.ON_VIRTUAL_THREADS) {
                tomcat.getConnector().getProtocolHandler().setExecutor(new VirtualThreadExecutor("tomcat-"));
            }
            if (app.acceptsAnyPath) {
                tomcat.getConnector().setEncodedSolidusHandling(EncodedSolidusHandling.DECODE.getValue());
                tomcat.getConnector().setAllowBackslash(true);
                tomcat.getConnector().setProperty("relaxedPathChars", "\"<>[\\]^`{|}");
                tomcat.getConnector().setProperty("relaxedQueryChars", "\"<>[\\]^`{|}");
            }
            Context context = tomcat.addContext(app.contextPath, base.toString());
            app.filters.forEach(filter -> add(context, filter, app));
            for (WebApp.MappedServlet mapped : app.servlets) {
                Tomcat.addServlet(context, mapped.name(), mapped.servlet()).setAsyncSupported(app.asyncSupported);
                mapped.patterns().forEach(pattern -> context.addServletMapping(pattern, mapped.name()));
            }
            app.errorPages.forEach(page -> context.addErrorPage(errorPage(page)));
            tomcat.start();
        }

        private static void add(Context context, WebApp.MappedFilter mapped, WebApp app) {
            FilterDef definition = new FilterDef();
            definition.setFilter(mapped.filter());
            definition.setFilterName(mapped.name());
            definition.setAsyncSupported(String.valueOf(app.asyncSupported));
            context.addFilterDef(definition);
            for (String pattern : mapped.patterns()) {
                FilterMap map = new FilterMap();
                map.setFilterName(mapped.name());
                map.addURLPattern(pattern);
                mapped.dispatches().forEach(type -> map.setDispatcher(type.name()));
                context.addFilterMap(map);
            }
        }

        private static ErrorPage errorPage(WebApp.ErrorPage page) {
            ErrorPage made = new ErrorPage();
            made.setErrorCode(page.status());
            if (page.type() != null) {
                made.setExceptionType(page.type().getName());
            }
            made.setLocation(page.location());
            return made;
        }

        @Override
        public int port() {
            return tomcat.getConnector().getLocalPort();
        }

        @Override
        public void close() {
            try {
                tomcat.stop();
                tomcat.destroy();
            } catch (LifecycleException e) {
                throw new IllegalStateException(e);
            } finally {
                deleteBase();
            }
        }

        private void deleteBase() {
            // the first Tomcat of a JVM sets it for all that follow, each of which would make the directory again
            System.getProperties().remove(Globals.CATALINA_HOME_PROP, base.toString());
            try (Stream<Path> files = Files.walk(base)) {
                // what is in a directory before the directory
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Undertow. */
    final class EmbeddedUndertow implements Container {

        private final DeploymentManager deployment;
        private final Undertow server;

        EmbeddedUndertow(WebApp app) throws ServletException {
            DeploymentInfo info = Servlets.deployment()
                    .setClassLoader(Container.class.getClassLoader())
                    .setContextPath(app.contextPath.isEmpty() ? "/" : app.contextPath)
                    .setDeploymentName("application");
            app.filters.forEach(filter -> add(info, filter, app));
            app.servlets.forEach(servlet -> add(info, servlet, app));
            for (WebApp.ErrorPage page : app.errorPages) {
                info.addErrorPage(
                        page.type() == null
                                ? Servlets.errorPage(page.location(), page.status())
                                : Servlets.errorPage(page.location(), page.type()));
            }
            if (Kind.ON_VIRTUAL_THREADS) {
                info.setExecutor(Kind.virtualThreads());
                info.setAsyncExecutor(Kind.virtualThreads());
            }
            deployment = Servlets.newContainer().addDeployment(info);
            deployment.deploy();
            server = Undertow.builder()
                    .addHttpListener(0, "127.0.0.1")
                    .setServerOption(UndertowOptions.ENABLE_HTTP2, true)
                    // Undertow's own limit is 2 MiB, and it does not answer what is above it
                    .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                    .setServerOption(UndertowOptions.DECODE_SLASH, app.acceptsAnyPath)
                    .setServerOption(UndertowOptions.ALLOW_UNESCAPED_CHARACTERS_IN_URL, app.acceptsAnyPath)
                    .setHandler(io.undertow.Handlers.path()
                            .addPrefixPath(app.contextPath.isEmpty() ? "/" : app.contextPath, deployment.start()))
                    .build();
            server.start();
        }

        private static void add(DeploymentInfo info, WebApp.MappedFilter mapped, WebApp app) {
            info.addFilter(new FilterInfo(
                            mapped.name(), mapped.filter().getClass(), new ImmediateInstanceFactory<>(mapped.filter()))
                    .setAsyncSupported(app.asyncSupported));
            for (String pattern : mapped.patterns()) {
                for (DispatcherType type : mapped.dispatches()) {
                    info.addFilterUrlMapping(mapped.name(), pattern, type);
                }
            }
        }

        private static void add(DeploymentInfo info, WebApp.MappedServlet mapped, WebApp app) {
            ServletInfo servlet = Servlets.servlet(
                            mapped.name(),
                            mapped.servlet().getClass(),
                            new ImmediateInstanceFactory<Servlet>(mapped.servlet()))
                    .setAsyncSupported(app.asyncSupported);
            mapped.patterns().forEach(servlet::addMapping);
            info.addServlet(servlet);
        }

        @Override
        public int port() {
            return ((InetSocketAddress) server.getListenerInfo().get(0).getAddress()).getPort();
        }

        @Override
        public void close() {
            try {
                deployment.stop();
                deployment.undeploy();
            } catch (ServletException e) {
                throw new UncheckedIOException(new IOException(e));
            }
            server.stop();
        }
    }
}
