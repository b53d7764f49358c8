package io.thr.demo;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.catalina.Context;
import org.apache.catalina.Globals;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.ContextConfig;
import org.apache.catalina.startup.Tomcat;
import org.jspecify.annotations.Nullable;

/**
 * A Tomcat on a free port of the loopback address, with one web application at a time that sees the JDK, the Servlet API
 * and what it brings itself, and nothing of this test's class path.
 */
final class IsolatedTomcat implements AutoCloseable {

    private final Tomcat tomcat = new Tomcat();

    /**
     * Starts, without an application.
     *
     * @param base an empty directory for Tomcat's own files
     * @param unpacked whether a war is unpacked before
     */
    IsolatedTomcat(Path base, boolean unpacked) throws LifecycleException, IOException {
        tomcat.setBaseDir(base.toString());
        Files.createDirectories(base.resolve("webapps"));
        tomcat.setPort(0);
        tomcat.setHostname("127.0.0.1");
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        ((StandardHost) tomcat.getHost()).setUnpackWARs(unpacked);
        // the background thread takes an application's class loader for a moment, and Tomcat would blame the
        // application
        tomcat.getEngine().setBackgroundProcessorDelay(-1);
        tomcat.start();
    }

    /** Starts, with a war, or a directory laid out like one. */
    IsolatedTomcat(Path base, Path application) throws LifecycleException, IOException {
        this(base, application, true);
    }

    /** The same; {@code unpacked}: whether a war is unpacked before. */
    IsolatedTomcat(Path base, Path application, boolean unpacked) throws LifecycleException, IOException {
        this(base, unpacked);
        Context context = deploy(application);
        if (!context.getState().isAvailable()) {
            close();
            throw new IllegalStateException("the web application did not start: " + context.getStateName());
        }
    }

    int port() {
        return tomcat.getConnector().getLocalPort();
    }

    /** Starts an application, which must clean up behind itself: Tomcat leaves lying what it does not. */
    Context deploy(Path application) {
        StandardContext context = new StandardContext();
        context.setName("");
        context.setPath("");
        context.setDocBase(application.toString());
        context.setParentClassLoader(new ServletApiOnly());
        context.setClearReferencesObjectStreamClassCaches(false);
        context.setClearReferencesThreadLocals(false);
        context.setClearReferencesRmiTargets(false);
        context.setRenewThreadsWhenStoppingContext(false);
        ContextConfig configuration = new ContextConfig();
        configuration.setDefaultWebXml(tomcat.noDefaultWebXmlPath());
        context.addLifecycleListener(configuration);
        Tomcat.addServlet(context, "default", new DefaultServlet());
        context.addServletMapping("/", "default");
        tomcat.getHost().addChild(context);
        return context;
    }

    /** Stops and forgets it. */
    void undeploy(Context context) throws LifecycleException {
        tomcat.getHost().removeChild(context);
        context.destroy();
    }

    @Override
    public void close() throws LifecycleException {
        tomcat.stop();
        tomcat.destroy();
        // else the next Tomcat of this JVM makes our directory again, which the test has deleted by then
        System.clearProperty(Globals.CATALINA_HOME_PROP);
    }

    /** What a container lends to its applications. */
    private static final class ServletApiOnly extends ClassLoader {

        /** The Servlet API, and Tomcat itself, which reads web.xml with these classes. */
        private static final List<String> LENT = List.of("jakarta.", "org.apache.catalina.", "org.apache.tomcat.");

        private ServletApiOnly() {
            super(ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (LENT.stream().anyMatch(name::startsWith)) {
                return IsolatedTomcat.class.getClassLoader().loadClass(name);
            }
            throw new ClassNotFoundException(name);
        }

        /** Tomcat reads one of its own classes so, when it stops an application. */
        @Override
        protected @Nullable URL findResource(String name) {
            return name.startsWith("org/apache/catalina/")
                    ? IsolatedTomcat.class.getClassLoader().getResource(name)
                    : null;
        }
    }
}
