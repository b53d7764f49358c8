package io.thr.examples;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.catalina.Context;
import org.apache.catalina.Globals;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.ContextConfig;
import org.apache.catalina.startup.Tomcat;
import org.jspecify.annotations.Nullable;

/**
 * A Tomcat on a free port of the loopback address, with one web application that sees the JDK, the Servlet API and what it
 * brings itself, and nothing of this test's class path.
 */
final class IsolatedTomcat implements AutoCloseable {

    private final Tomcat tomcat = new Tomcat();

    /**
     * Deploys and starts.
     *
     * @param base a directory for Tomcat's own files
     * @param application a directory laid out like a war
     */
    IsolatedTomcat(Path base, Path application) throws LifecycleException, IOException {
        tomcat.setBaseDir(Files.createDirectories(base).toString());
        tomcat.setPort(0);
        tomcat.setHostname("127.0.0.1");
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", application.toString());
        context.setParentClassLoader(new ServletApiOnly());
        ContextConfig configuration = new ContextConfig();
        configuration.setDefaultWebXml(tomcat.noDefaultWebXmlPath());
        context.addLifecycleListener(configuration);
        tomcat.start();
        if (!context.getState().isAvailable()) {
            throw new IllegalStateException("the web application did not start: " + context.getStateName());
        }
    }

    int port() {
        return tomcat.getConnector().getLocalPort();
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
