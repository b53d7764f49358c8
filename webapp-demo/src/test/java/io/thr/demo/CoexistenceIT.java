package io.thr.demo;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;

import io.thr.core.redis.RedisServer;
import io.thr.demo.application.LibrariesServlet;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The self-contained filter in an application that has a Jackson, a Jedis and an SLF4J of its own. */
class CoexistenceIT {

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    @TempDir
    Path directory;

    private Path application(String age) throws Exception {
        Path application =
                FilterJar.application(directory.resolve("application"), """
                redis: %s
                rules:
                  - when: { path: { glob: "/hello*" } }
                    then: { set_redis_queue: thr:queue:default }
                """.formatted(redis.url()), """
                  <servlet>
                    <servlet-name>libraries</servlet-name>
                    <servlet-class>%s</servlet-class>
                    <init-param>
                      <param-name>redis-port</param-name>
                      <param-value>%s</param-value>
                    </init-param>
                  </servlet>
                  <servlet-mapping>
                    <servlet-name>libraries</servlet-name>
                    <url-pattern>/libraries</url-pattern>
                  </servlet-mapping>
                """.formatted(
                                LibrariesServlet.class.getName(),
                                URI.create(redis.url().toString()).getPort()));
        for (Path library : FilterJar.libraries("application/" + age)) {
            Files.copy(library, application.resolve("WEB-INF/lib").resolve(library.getFileName()));
        }
        String name = LibrariesServlet.class.getName().replace('.', '/') + ".class";
        Path type = application.resolve("WEB-INF/classes").resolve(name);
        Files.createDirectories(type.getParent());
        Files.copy(Path.of("target/test-classes", name), type);
        return application;
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @ParameterizedTest
    @CsvSource({
        "old, 2.9.10, jedis-2.9.3.jar, slf4j-api-1.7.36.jar",
        "new, 2.23.0, jedis-8.0.2.jar, slf4j-api-2.0.20.jar"
    })
    void application_keeps_its_own_libraries(String age, String jackson, String jedis, String slf4j) throws Exception {
        try (HelloUpstream upstream = HelloUpstream.start();
                Dispatcher dispatcher = Dispatcher.start(DispatcherSettings.builder()
                        .redis(redis.url())
                        .statsEvery(Duration.ZERO)
                        .queue(QueueSettings.of("thr:queue:default", "127.0.0.1", upstream.port()))
                        .build());
                IsolatedTomcat tomcat = new IsolatedTomcat(directory.resolve("tomcat"), application(age))) {
            assertThat(get(tomcat.port(), "/hello").body(), is("Hello World\n"));
            assertThat(
                    get(tomcat.port(), "/libraries").body(),
                    allOf(
                            containsString("\"read\":\"by its own Jedis\""),
                            containsString("\"jackson\":\"" + jackson + "\""),
                            containsString("\"jedis\":\"" + jedis + "\""),
                            containsString("\"slf4j\":\"" + slf4j + "\"")));
            assertThat(get(tomcat.port(), "/hello").body(), is("Hello World\n"));
        }
    }
}
