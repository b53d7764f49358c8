package io.thr.examples;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import io.thr.core.redis.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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

    private static final int TRIES = 3;

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
    void rate_limit_example_lets_through_what_its_page_says() throws Exception {
        Replacements replacements = new Replacements()
                .put("6379", String.valueOf(redis.port()))
                .put("redis-cli", redisCli().toString())
                // that the machine is busy must not decide
                .put("\nrules:\n", "\nrate_limit_timeout: 10s\nrules:\n")
                .putFreePorts(8888, 9999);
        copy(PROJECT.resolve("examples/hello"), replacements);
        copy(PROJECT.resolve("examples/rate-limit"), replacements);
        follow(PROJECT.resolve("examples/rate-limit/README.md"), replacements);
    }

    /** One that prints what the real one does on a terminal, where a command's reply is a number. */
    private Path redisCli() throws IOException {
        Path program = Files.writeString(directory.resolve("redis-cli"), """
                #!/bin/bash
                exec 3<>/dev/tcp/127.0.0.1/%d
                printf '%%s\\r\\n' "$*" >&3
                IFS=$':\\r' read -r colon number rest <&3
                echo "(integer) $number"
                """.formatted(redis.port()));
        assertThat(program.toFile().setExecutable(true), is(true));
        return program;
    }

    @Test
    void readme_prints_what_it_says() throws Exception {
        // The jars are there already, or this test would not run.
        Replacements replacements = new Replacements()
                .put("mvn -q -DskipTests package && ", "")
                .put("webapp-demo.jar demo", "webapp-demo.jar demo --port 8888 --no-open --admin-port 0")
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
                    case RUN -> run(shell, step);
                }
            }
        }
    }

    /**
     * Runs a command and compares what it prints. Where the page has seconds, such as 5.0, it may take a little longer. It
     * never takes less; and where it takes much longer, the machine may have been busy, so it is run again.
     */
    private static void run(Shell shell, Step step) throws Exception {
        String page = step.output();
        boolean slow = true;
        for (int i = 0; slow && i < TRIES; i++) {
            String printed = shell.run(step.command());
            assertThat(step.command(), withoutSeconds(printed), is(withoutSeconds(page)));
            List<Double> said = seconds(page);
            List<Double> took = seconds(printed);
            slow = false;
            for (int k = 0; k < said.size(); k++) {
                assertThat(step.command(), took.get(k), is(greaterThanOrEqualTo(said.get(k))));
                slow |= took.get(k) > LONGER * said.get(k) + LONGER_SECONDS;
            }
        }
        assertThat(step.command() + " was slow " + TRIES + " times", slow, is(false));
    }

    private static String withoutSeconds(String text) {
        return SECONDS.matcher(text).replaceAll(" s");
    }

    private static List<Double> seconds(String text) {
        return SECONDS.matcher(text)
                .results()
                .map(found -> Double.valueOf(found.group().strip()))
                .toList();
    }

    private void link(String module) throws IOException {
        Path link = directory.resolve(module);
        if (!Files.exists(link)) {
            Files.createSymbolicLink(link, PROJECT.resolve(module));
        }
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
