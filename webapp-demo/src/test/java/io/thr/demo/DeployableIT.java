package io.thr.demo;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;

import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherConfig;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.config.FilterConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What is dropped into a container, dropped into one. */
class DeployableIT {

    private static final Path FRONT_JAR = Path.of("target/webapp-demo.jar");
    private static final Path DISPATCHER_JAR = Path.of("../thr-dispatcher/target/thr-dispatcher.jar");
    private static final Path WAR = Path.of("target/webapp-demo.war").toAbsolutePath();

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
    void the_self_contained_filter_is_all_that_an_application_needs() throws Exception {
        Path application = FilterJar.application(directory.resolve("application"), Files.readString(config()), "");

        try (IsolatedTomcat tomcat = new IsolatedTomcat(directory.resolve("tomcat"), application)) {
            assertThat(get(tomcat.port(), "/page.html").body(), is("the application's own"));
            assertThat(get(tomcat.port(), "/hello").body(), is("Hello World\n"));
        }
    }

    /** Queues everything, wherever Redis is; helped by a class of the application. */
    private static final String PROGRAM = """
            import static io.thr.filter.rule.Actions.then;
            import static io.thr.filter.rule.Criteria.when;

            import com.example.Paths;
            import io.thr.core.redis.RedisUrl;
            import io.thr.filter.config.FilterSettings;
            import io.thr.filter.config.FilterSettingsProvider;
            import io.thr.filter.rule.RuleList;
            import io.thr.filter.rule.RulesProvider;

            public class Front implements RulesProvider, FilterSettingsProvider {

                public FilterSettings settings() {
                    return FilterSettings.defaults().withRedis(RedisUrl.parse("%s"));
                }

                public void addTo(RuleList rules) {
                    rules.add(
                            when().custom(exchange -> Paths.wait(exchange.path())),
                            then().setRedisQueue(exchange -> "thr:queue:default"));
                }
            }
            """;

    @Test
    void configuration_in_java_sees_the_application_that_it_is_in() throws Exception {
        Path application = Files.createDirectories(directory.resolve("application"));
        Path classes = Files.createDirectories(application.resolve("WEB-INF/classes"));
        Path library = Files.createDirectories(application.resolve("WEB-INF/lib"));
        Files.copy(FilterJar.path(), library.resolve("thr-filter-all.jar"));
        Files.writeString(application.resolve("WEB-INF/web.xml"), FilterJar.webXml("Front.java"));
        Files.writeString(application.resolve("WEB-INF/Front.java"), PROGRAM.formatted(redis.url()));
        Path source = Files.writeString(directory.resolve("Paths.java"), """
                package com.example;

                public class Paths {
                    public static boolean wait(String path) {
                        return path.startsWith("/hello");
                    }
                }
                """);
        int compiled = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-d", classes.toString(), source.toString());
        assertThat(compiled, is(0));
        Files.writeString(application.resolve("page.html"), "the application's own");

        try (IsolatedTomcat tomcat = new IsolatedTomcat(directory.resolve("tomcat"), application)) {
            assertThat(get(tomcat.port(), "/page.html").body(), is("the application's own"));
            assertThat(get(tomcat.port(), "/hello").body(), is("Hello World\n"));
        }
    }

    @Test
    void configuration_in_java_may_be_in_a_war_that_is_not_unpacked() throws Exception {
        Path war = directory.resolve("application.war");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(war))) {
            put(out, "WEB-INF/lib/thr-filter-all.jar", Files.readAllBytes(FilterJar.path()));
            put(out, "WEB-INF/web.xml", bytes(FilterJar.webXml("Front.java")));
            put(
                    out,
                    "WEB-INF/Front.java",
                    bytes(PROGRAM.formatted(redis.url())
                            .replace("import com.example.Paths;", "")
                            .replace("Paths.wait(exchange.path())", "exchange.path().startsWith(\"/hello\")")));
        }
        try (IsolatedTomcat tomcat = new IsolatedTomcat(directory.resolve("tomcat"), war, false)) {
            // Classes come slowly out of it, and where that takes longer than Redis may, the filter begins without
            await().until(() -> get(tomcat.port(), "/hello").body(), is("Hello World\n"));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void put(ZipOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(content);
    }

    @Test
    void programs_take_a_configuration_in_java_and_print_the_schemas_of_the_others() throws Exception {
        Path front = Files.writeString(
                directory.resolve("Front.java"),
                PROGRAM.formatted(redis.url())
                        .replace("import com.example.Paths;", "")
                        .replace("Paths.wait(exchange.path())", "true"));
        Path dispatch = Files.writeString(directory.resolve("Dispatch.java"), """
                import io.thr.core.limit.MaxLimit;
                import io.thr.dispatcher.config.*;

                public class Dispatch implements DispatcherSettingsProvider {
                    public DispatcherSettings settings() {
                        return DispatcherSettings.builder()
                                .queue(QueueSettings.of("q", "localhost", 80))
                                .limit("l", request -> request.path(), MaxLimit.dynamic(), 2)
                                .build();
                    }
                }
                """);
        assertThat(said(FRONT_JAR, "--config", front.toString(), "--check"), is(front + ": ok\n"));
        assertThat(said(DISPATCHER_JAR, "--config", dispatch.toString(), "--check"), is(dispatch + " is fine\n"));
        assertThat(said(FRONT_JAR, "--schema"), is(FilterConfig.schema()));
        assertThat(said(DISPATCHER_JAR, "--schema"), is(DispatcherConfig.schema()));
    }

    private static String said(Path jar, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                jar.toString()));
        command.addAll(List.of(arguments));
        Process program = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said, program.waitFor(), is(0));
        return said;
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
