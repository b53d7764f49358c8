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
                if (step.kind() == Step.Kind.START) {
                    shell.start(step.command(), step.output());
                } else {
                    assertThat(step.command(), shell.run(step.command()), is(step.output()));
                }
            }
        }
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
