package io.thr.examples;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import io.thr.core.redis.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hamcrest.Description;
import org.hamcrest.Matcher;
import org.hamcrest.TypeSafeMatcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the commands of the pages as they stand there, with the jars of this build, and compares what they print. Only
 * the ports are others, in the commands and in copies of the files they name.
 */
class DocumentedCommandsIT {

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    /** With the blanks before them, of which there is one less where there is a digit more. */
    private static final Pattern SECONDS = Pattern.compile(" +\\d+\\.\\d");

    /** 1 s may have taken 1.9 s, and 5 s may have taken 6.5 s. */
    private static final double LONGER = 1.15;

    private static final double LONGER_SECONDS = 0.75;

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    @TempDir
    Path directory;

    @Test
    void hello_example_prints_what_its_page_says() throws Exception {
        Replacements replacements =
                new Replacements().put("6379", String.valueOf(redis.port())).putFreePorts(8888, 9999);
        copy(PROJECT.resolve("examples/hello"), replacements);
        follow(PROJECT.resolve("examples/hello/README.md"), replacements);
    }

    @Test
    void limits_example_takes_the_time_that_its_page_says() throws Exception {
        Replacements replacements = new Replacements()
                .put("6379", String.valueOf(redis.port()))
                .put(
                        "/tmp/redis2http_stats.json",
                        directory.resolve("stats.json").toString())
                .putFreePorts(8888, 9999);
        copy(PROJECT.resolve("examples/limits"), replacements);
        follow(PROJECT.resolve("examples/limits/README.md"), replacements);
    }

    @Test
    void readme_prints_what_it_says() throws Exception {
        // The jars are there already, or this test would not run.
        Replacements replacements = new Replacements()
                .put("mvn -q -DskipTests package && ", "")
                .put("webapp-demo.jar demo", "webapp-demo.jar demo --port 8888")
                .putFreePorts(8888);
        follow(PROJECT.resolve("README.md"), replacements);
    }

    private void follow(Path page, Replacements replacements) throws Exception {
        link("webapp-demo");
        link("thr-dispatcher");
        List<Step> steps = Step.of(page);
        assertThat("marked commands in " + page, steps, is(not(empty())));
        try (Shell shell = new Shell(directory)) {
            for (Step written : steps) {
                Step step = written.with(replacements);
                switch (step.kind()) {
                    case START -> shell.start(step.command(), step.output());
                    case RESTART -> shell.restart(step.command(), step.output());
                    case RUN -> assertThat(step.command(), shell.run(step.command()), isPrintedAs(step.output()));
                }
            }
        }
    }

    /** The same, but where the page has seconds, such as 5.0, it may have taken longer: there are slow machines. */
    private static Matcher<String> isPrintedAs(String page) {
        Matcher<String> sameWords = is(SECONDS.matcher(page).replaceAll("s"));
        List<Double> said = seconds(page);
        return new TypeSafeMatcher<>() {
            @Override
            protected boolean matchesSafely(String printed) {
                List<Double> took = seconds(printed);
                return sameWords.matches(SECONDS.matcher(printed).replaceAll("s"))
                        && IntStream.range(0, said.size())
                                .allMatch(i -> took.get(i) >= said.get(i)
                                        && took.get(i) <= LONGER * said.get(i) + LONGER_SECONDS);
            }

            @Override
            public void describeTo(Description description) {
                description.appendText(page);
            }
        };
    }

    private static List<Double> seconds(String text) {
        return SECONDS.matcher(text)
                .results()
                .map(found -> Double.valueOf(found.group().strip()))
                .toList();
    }

    private void link(String module) throws IOException {
        Files.createSymbolicLink(directory.resolve(module), PROJECT.resolve(module));
    }

    private void copy(Path folder, Replacements replacements) throws IOException {
        Path target = Files.createDirectories(directory.resolve(PROJECT.relativize(folder)));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.writeString(target.resolve(file.getFileName()), replacements.in(Files.readString(file)));
            }
        }
    }
}
