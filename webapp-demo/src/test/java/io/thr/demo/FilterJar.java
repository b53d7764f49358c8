package io.thr.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The self-contained jar of the filter, as the build has made it, and applications that have it. */
final class FilterJar {

    private static final String VERSION =
            Objects.requireNonNull(System.getProperty("thr.version"), "thr.version: not set (expected: by the build)");

    private static final String FILTER = """
              <filter>
                <filter-name>thr</filter-name>
                <filter-class>io.thr.filter.ThrFilter</filter-class>
                <async-supported>true</async-supported>
                <init-param>
                  <param-name>config</param-name>
                  <param-value>/WEB-INF/front.yaml</param-value>
                </init-param>
              </filter>
              <filter-mapping>
                <filter-name>thr</filter-name>
                <url-pattern>/*</url-pattern>
                <dispatcher>REQUEST</dispatcher>
                <dispatcher>ASYNC</dispatcher>
              </filter-mapping>
            """;

    private FilterJar() {}

    static Path path() {
        return Path.of("../thr-filter/target/thr-filter-" + VERSION + "-all.jar");
    }

    /** The plain jar of a module. */
    static Path plain(String module) {
        return Path.of("../" + module + "/target/" + module + "-" + VERSION + ".jar");
    }

    /** What the build has put into that directory of its own. */
    static List<Path> libraries(String directory) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target", directory))) {
            return files.sorted().toList();
        }
    }

    /**
     * An application with the filter, laid out in that directory, which is made.
     *
     * @param configuration the filter's, as YAML
     * @param servlets further elements of web.xml
     */
    static Path application(Path directory, String configuration, String servlets) throws IOException {
        Path application = withoutFilter(directory, FILTER + servlets);
        Files.writeString(application.resolve("WEB-INF/front.yaml"), configuration);
        Files.copy(path(), application.resolve("WEB-INF/lib").resolve(path().getFileName()));
        return application;
    }

    /** The same without it. */
    static Path withoutFilter(Path directory, String elements) throws IOException {
        Files.createDirectories(directory.resolve("WEB-INF/lib"));
        Files.writeString(directory.resolve("page.html"), "the application's own");
        Files.writeString(directory.resolve("WEB-INF/web.xml"), webAppOf(elements));
        return directory;
    }

    /** The web.xml of an application whose filter is configured by that file in WEB-INF. */
    static String webXml(String configuration) {
        return webAppOf(FILTER.replace("front.yaml", configuration));
    }

    private static String webAppOf(String elements) {
        return """
                <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0" metadata-complete="true">
                %s
                </web-app>
                """.formatted(elements);
    }
}
