package io.thr.filter;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.FilterInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.Globals;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * A servlet container that runs one filter in front of one servlet, on a free port of the loopback interface. All
 * speak HTTP/1.1, Jetty HTTP/2 as well where a client asks for the upgrade.
 */
interface Container extends AutoCloseable {

    int port();

    /** Undeploys, which destroys the filter, and stops the server. */
    @Override
    void close();

    /** The containers that every contract is checked on. */
    enum Kind {
        JETTY {
            @Override
            Container start(Filter filter, Servlet application) throws Exception {
                return new Jetty(filter, application);
            }
        },
        TOMCAT {
            @Override
            Container start(Filter filter, Servlet application) throws Exception {
                return new EmbeddedTomcat(filter, application);
            }
        },
        UNDERTOW {
            @Override
            Container start(Filter filter, Servlet application) throws Exception {
                return new EmbeddedUndertow(filter, application);
            }
        };

        abstract Container start(Filter filter, Servlet application) throws Exception;
    }

    /** Jetty with its ee10 environment. */
    final class Jetty implements Container {

        private final Server server = new Server();
        private final ServerConnector connector;

        Jetty(Filter filter, Servlet application) throws Exception {
            ServletContextHandler context = new ServletContextHandler();
            context.setContextPath("/");
            FilterHolder holder = new FilterHolder(filter);
            holder.setAsyncSupported(true);
            context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
            ServletHolder servlet = new ServletHolder(application);
            servlet.setAsyncSupported(true);
            context.addServlet(servlet, "/*");
            server.setHandler(context);
            HttpConfiguration http = new HttpConfiguration();
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

    /** Tomcat. */
    final class EmbeddedTomcat implements Container {

        private final Tomcat tomcat = new Tomcat();
        private final Path base = Files.createTempDirectory("tomcat");

        EmbeddedTomcat(Filter filter, Servlet application) throws LifecycleException, IOException {
            tomcat.setBaseDir(base.toString());
            tomcat.setPort(0);
            tomcat.setHostname("127.0.0.1");
            tomcat.getConnector().setProperty("address", "127.0.0.1");
            tomcat.getConnector().setProperty("maxSwallowSize", "-1");
            Context context = tomcat.addContext("", base.toString());
            FilterDef definition = new FilterDef();
            definition.setFilter(filter);
            definition.setFilterName("thr");
            definition.setAsyncSupported("true");
            context.addFilterDef(definition);
            FilterMap map = new FilterMap();
            map.setFilterName("thr");
            map.addURLPattern("/*");
            map.setDispatcher("REQUEST");
            map.setDispatcher("ASYNC");
            context.addFilterMap(map);
            Tomcat.addServlet(context, "application", application).setAsyncSupported(true);
            context.addServletMapping("/*", "application");
            tomcat.start();
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

        EmbeddedUndertow(Filter filter, Servlet application) throws ServletException {
            DeploymentInfo info = Servlets.deployment()
                    .setClassLoader(Container.class.getClassLoader())
                    .setContextPath("/")
                    .setDeploymentName("application")
                    .addFilter(new FilterInfo("thr", filter.getClass(), new ImmediateInstanceFactory<>(filter))
                            .setAsyncSupported(true))
                    .addFilterUrlMapping("thr", "/*", DispatcherType.REQUEST)
                    .addFilterUrlMapping("thr", "/*", DispatcherType.ASYNC)
                    .addServlet(Servlets.servlet(
                                    "application",
                                    application.getClass(),
                                    new ImmediateInstanceFactory<Servlet>(application))
                            .addMapping("/*")
                            .setAsyncSupported(true));
            deployment = Servlets.newContainer().addDeployment(info);
            deployment.deploy();
            server = Undertow.builder()
                    .addHttpListener(0, "127.0.0.1")
                    // Undertow's own limit is 2 MiB, and it does not answer what is above it
                    .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                    .setHandler(deployment.start())
                    .build();
            server.start();
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
