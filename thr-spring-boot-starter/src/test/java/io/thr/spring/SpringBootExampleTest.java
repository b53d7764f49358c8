package io.thr.spring;

import static java.util.Objects.requireNonNull;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;

import io.thr.core.redis.RedisServer;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootVersion;
import org.springframework.util.function.ThrowingConsumer;

/**
 * Compiles examples/spring-boot, runs it and follows its page, on the class path of this module: the other examples' has
 * another implementation of SLF4J, with which Spring Boot does not start.
 */
class SpringBootExampleTest {

    private static final Path EXAMPLE =
            Path.of("../examples/spring-boot").toAbsolutePath().normalize();
    private static final Path SOURCES = EXAMPLE.resolve("src/main/java");

    private static final Pattern COMMAND_AND_OUTPUT =
            Pattern.compile("^```sh run\\n(.+?)\\n```\\n\\n```text\\n(.*?\\n)```$", Pattern.MULTILINE | Pattern.DOTALL);

    /** Two reports wait half a second each; less what a clock may be coarse. */
    private static final Duration LEAST = Duration.ofMillis(950);

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    @TempDir
    Path directory;

    @Test
    void commands_of_its_page_print_what_the_page_says() throws Exception {
        compile();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {directory.toUri().toURL()}, before)) {
            thread.setContextClassLoader(loader);
            StartedApplication application = StartedApplication.of(SpringApplication.from(main(loader))
                    .run(
                            "--spring.config.location=file:" + EXAMPLE + "/src/main/resources/",
                            "--spring.main.banner-mode=off",
                            "--logging.level.root=warn",
                            "--server.port=0",
                            "--thr.rate-limit-timeout=10s",
                            "--thr.redis=" + redis.url())
                    .getApplicationContext());
            try {
                follow(Files.readString(EXAMPLE.resolve("README.md")), "localhost:" + application.port());
            } finally {
                application.stop();
            }
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void its_versions_are_those_of_this_build() throws IOException {
        Matcher version = Pattern.compile("<version>(.+?)</version>").matcher(Files.readString(Path.of("pom.xml")));
        assertThat(version.find(), is(true));
        String pom = Files.readString(EXAMPLE.resolve("pom.xml"));

        assertThat(pom, containsString("<version>" + SpringBootVersion.getVersion() + "</version>"));
        assertThat(
                pom,
                containsString("<artifactId>thr-spring-boot-starter</artifactId>\n      <version>" + version.group(1)
                        + "</version>"));
    }

    @Test
    void rules_on_its_page_are_those_of_its_file() throws IOException {
        String file = Files.readString(EXAMPLE.resolve("src/main/resources/application.yaml"));
        List<String> shown = Pattern.compile("^```yaml\\n(.+?)```$", Pattern.MULTILINE | Pattern.DOTALL)
                .matcher(Files.readString(EXAMPLE.resolve("README.md")))
                .results()
                .map(match -> match.group(1))
                .toList();

        assertThat(shown.size(), is(2));
        shown.forEach(rule -> assertThat(file, containsString(rule)));
    }

    private void compile() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            Stream<String> options = Stream.of(
                    "-parameters", "-proc:none", "-cp", System.getProperty("java.class.path"), "-d", "" + directory);
            String[] arguments = Stream.concat(
                            options, files.map(Path::toString).filter(name -> name.endsWith(".java")))
                    .toArray(String[]::new);
            assertThat(requireNonNull(ToolProvider.getSystemJavaCompiler()).run(null, null, null, arguments), is(0));
        }
    }

    private static ThrowingConsumer<String[]> main(ClassLoader loader) throws ReflectiveOperationException {
        var main = loader.loadClass("com.example.reports.Application").getMethod("main", String[].class);
        return arguments -> main.invoke(null, (Object) arguments);
    }

    private void follow(String page, String address) throws IOException, InterruptedException {
        Matcher step = COMMAND_AND_OUTPUT.matcher(page);
        int steps = 0;
        long started = System.nanoTime();
        for (; step.find(); steps++) {
            String command = step.group(1).replace("localhost:8080", address);
            assertThat(command, printed(command), is(step.group(2)));
        }
        assertThat(Duration.ofNanos(System.nanoTime() - started), is(greaterThanOrEqualTo(LEAST)));
        assertThat(steps, is(3));
    }

    private String printed(String command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(directory, "output", ".txt");
        Process process = new ProcessBuilder("bash", "-c", command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(command, process.waitFor(1, TimeUnit.MINUTES), is(true));
        } finally {
            process.destroy();
        }
        return Files.readString(output);
    }
}
