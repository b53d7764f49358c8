package io.thr.demo;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;

import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What is dropped into a container, dropped into one. */
class DeployableIT {

    private static final Path FILTER_JAR = Path.of("../thr-filter/target/thr-filter-all.jar");
    private static final Path WAR = Path.of("target/webapp-demo.war").toAbsolutePath();

    private static final String WEB_XML = """
            <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0" metadata-complete="true">
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
            </web-app>
            """;

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    @TempDir
    Path directory;

    private HelloUpstream upstream;
    private Dispatcher dispatcher;

    @BeforeEach
    void startDispatcher() throws IOException {
        upstream = HelloUpstream.start();
        dispatcher = Dispatcher.start(DispatcherSettings.builder()
                .redis(redis.url())
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of("thr:queue:default", "127.0.0.1", upstream.port()))
                .build());
    }

    @AfterEach
    void stopDispatcher() {
        dispatcher.close();
        upstream.close();
    }

    private Path config() throws IOException {
        return Files.writeString(directory.resolve("front.yaml"), """
                redis: %s
                rules:
                  - when: { path: { glob: "/hello*" } }
                    then: { set_redis_queue: thr:queue:default }
                """.formatted(redis.url()));
    }

    private static HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void the_self_contained_filter_has_no_class_outside_io_thr() throws IOException {
        try (JarFile jar = new JarFile(FILTER_JAR.toFile())) {
            List<String> others = jar.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.endsWith(".class") && !name.startsWith("io/thr/"))
                    .toList();

            assertThat(others, is(empty()));
        }
    }

    @Test
    void the_self_contained_filter_is_all_that_an_application_needs() throws Exception {
        Path application = Files.createDirectories(directory.resolve("application"));
        Path library = Files.createDirectories(application.resolve("WEB-INF/lib"));
        Files.copy(FILTER_JAR, library.resolve("thr-filter-all.jar"));
        Files.writeString(application.resolve("WEB-INF/web.xml"), WEB_XML);
        Files.copy(config(), application.resolve("WEB-INF/front.yaml"));
        Files.writeString(application.resolve("page.html"), "the application's own");

        try (IsolatedTomcat tomcat = new IsolatedTomcat(directory.resolve("tomcat"), application)) {
            assertThat(get(tomcat.port(), "/page.html").body(), is("the application's own"));
            assertThat(get(tomcat.port(), "/hello").body(), is("Hello World\n"));
        }
    }

    @Test
    void the_war_shows_its_page_and_lets_requests_wait() throws Exception {
        System.setProperty("thr.config", config().toString());
        try (IsolatedTomcat tomcat = new IsolatedTomcat(directory.resolve("tomcat"), WAR)) {
            HttpResponse<String> page = get(tomcat.port(), "/");

            assertThat(page.statusCode(), is(200));
            assertThat(page.body(), allOf(containsString("The front runs"), containsString("hello/")));
            assertThat(get(tomcat.port(), "/hello").body(), is("Hello World\n"));
        } finally {
            System.clearProperty("thr.config");
        }
    }
}
