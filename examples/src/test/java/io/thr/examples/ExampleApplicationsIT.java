package io.thr.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import com.sun.net.httpserver.HttpServer;
import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Builds the examples that are projects of their own, without Maven, and runs the commands of their pages. The wars have the
 * filter's self-contained jar; the service and the dispatcher of their pages are in this process.
 */
class ExampleApplicationsIT {

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
    private static final List<String> EXAMPLES = List.of("web-xml", "annotation", "embedded-jetty");

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private static HttpServer upstream;

    @TempDir
    Path directory;

    private Dispatcher dispatcher;

    @BeforeAll
    static void startUpstream() throws IOException {
        byte[] hello = "Hello World\n".getBytes(UTF_8);
        upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        upstream.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, hello.length);
            exchange.getResponseBody().write(hello);
            exchange.close();
        });
        upstream.start();
    }

    @AfterAll
    static void stopUpstream() {
        upstream.stop(0);
    }

    @BeforeEach
    void startDispatcher() {
        dispatcher = Dispatcher.start(DispatcherSettings.builder()
                .redis(redis.url())
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(
                        "thr:queue:hello", "127.0.0.1", upstream.getAddress().getPort()))
                .build());
    }

    @AfterEach
    void stopDispatcher() {
        dispatcher.close();
    }

    @Test
    void web_xml_example_prints_what_its_page_says() throws Exception {
        followOnTomcat("web-xml", copy("web-xml", replacements()).war(filterJar()));
    }

    @Test
    void web_xml_example_needs_no_web_xml_where_its_file_is_called_thr_yaml() throws Exception {
        Path war = copy("web-xml", replacements()).war(filterJar());
        Files.delete(war.resolve("WEB-INF/web.xml"));
        Files.move(war.resolve("WEB-INF/front.yaml"), war.resolve("WEB-INF/thr.yaml"));

        followOnTomcat("web-xml", war);
    }

    @Test
    void annotation_example_prints_what_its_page_says() throws Exception {
        followOnTomcat("annotation", copy("annotation", replacements()).war(filterJar()));
    }

    @Test
    void embedded_jetty_example_prints_what_its_page_says() throws Exception {
        Replacements replacements = replacements().putFreePorts(8080);
        Path classes = copy("embedded-jetty", replacements).classes();
        replacements.put(
                "-jar examples/embedded-jetty/target/embedded-jetty.jar",
                "-XX:TieredStopAtLevel=1 -cp '" + classes + ":" + ExampleProject.CLASS_PATH + "' com.example.Main");

        follow("embedded-jetty", replacements);
    }

    @Test
    void poms_name_the_versions_of_this_build() throws Exception {
        Pom build = Pom.read(PROJECT.resolve("pom.xml"));
        Map<String, String> known = new LinkedHashMap<>();
        known.put("thr-filter", build.version());
        known.put("jakarta.servlet-api", build.property("version.servlet"));
        known.put("jetty-ee10-servlet", build.property("version.jetty"));
        known.put("maven-compiler-plugin", build.property("version.compiler-plugin"));
        known.put("maven-jar-plugin", build.property("version.jar-plugin"));
        known.put("maven-war-plugin", build.property("version.war-plugin"));
        known.put("slf4j-jdk14", build.property("version.slf4j"));

        for (String example : EXAMPLES) {
            Map<String, String> versions = Pom.read(PROJECT.resolve("examples/" + example + "/pom.xml"))
                    .versions();
            assertThat(example, versions, hasKey("thr-filter"));
            versions.forEach((artifact, version) ->
                    assertThat(example + ": " + artifact, version, is(known.getOrDefault(artifact, version))));
        }
    }

    private static Replacements replacements() {
        return new Replacements()
                .put("6379", String.valueOf(redis.port()))
                // that the machine is busy must not decide
                .put("\nrules:\n", "\nrate_limit_timeout: 10s\nrules:\n")
                .put(
                        ".withRules(rules())",
                        ".withRules(rules()).edit().rateLimitTimeout(Duration.ofSeconds(10)).build()");
    }

    private ExampleProject copy(String example, Replacements replacements) throws IOException {
        return ExampleProject.copy(PROJECT.resolve("examples/" + example), directory.resolve(example), replacements);
    }

    private static Path filterJar() throws Exception {
        String version = Pom.read(PROJECT.resolve("pom.xml")).version();
        return PROJECT.resolve("thr-filter/target/thr-filter-" + version + "-all.jar");
    }

    private void followOnTomcat(String example, Path war) throws Exception {
        try (IsolatedTomcat tomcat = new IsolatedTomcat(directory.resolve("tomcat"), war)) {
            follow(example, new Replacements().put("8080", String.valueOf(tomcat.port())));
        }
    }

    private void follow(String example, Replacements replacements) throws Exception {
        List<Step> steps = Step.of(PROJECT.resolve("examples/" + example + "/README.md"));
        assertThat("marked commands of " + example, steps, is(not(empty())));
        try (Shell shell = new Shell(directory)) {
            for (Step written : steps) {
                Step step = written.with(replacements);
                switch (step.kind()) {
                    case START -> shell.start(step.command(), step.output());
                    case RESTART -> shell.restart(step.command(), step.output());
                    case RUN -> assertThat(step.command(), shell.run(step.command()), is(step.output()));
                }
            }
        }
    }
}
