package io.thr.dispatcher;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.thr.dispatcher.config.DispatcherConfig;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as a newcomer meets it. */
class MainTest {

    @TempDir
    Path directory;

    @Test
    void help_shows_every_option() throws Exception {
        Ended ended = run("--help");
        assertThat(ended.status, is(0));
        for (String option : List.of(
                "--config",
                "--redis",
                "--timeout",
                "--max-lifetime",
                "--stats-file",
                "--stats-frequency-ms",
                "--add-thr-extra-headers",
                "--admin-port",
                "--check",
                "--schema",
                "--help",
                "--version")) {
            assertThat(ended.out, containsString(option));
        }
    }

    @Test
    void version_is_told() throws Exception {
        Ended ended = run("--version");
        assertThat(ended.status, is(0));
        assertThat(ended.out, startsWith("thr-dispatcher "));
    }

    @Test
    void check_says_that_all_is_fine() throws Exception {
        Path config = config("queues: [ { queue: q } ]");
        Ended ended = run("--config", config.toString(), "--check");
        assertThat(ended.status, is(0));
        assertThat(ended.out, is(config + " is fine\n"));
    }

    @Test
    void configuration_may_be_a_java_file() throws Exception {
        Path config = Files.writeString(directory.resolve("Dispatch.java"), """
                import io.thr.dispatcher.config.*;

                public class Dispatch implements DispatcherSettingsProvider {
                    public DispatcherSettings settings() {
                        return DispatcherSettings.builder()
                                .queue(QueueSettings.of("q", "localhost", 0))
                                .build();
                    }
                }
                """);
        Ended wrong = run("--config", config.toString(), "--check");
        assertThat(wrong.status, is(2));
        assertThat(
                wrong.err,
                is(config + ":6: failed: java.lang.IllegalArgumentException: http_port: 0 (expected: 1 to 65535)\n"));
        Files.writeString(config, Files.readString(config).replace("0)", "80)"));
        Ended right = run("--config", config.toString(), "--check");
        assertThat(right.status, is(0));
        assertThat(right.out, is(config + " is fine\n"));
    }

    @Test
    void schema_is_printed_without_a_configuration() throws Exception {
        Ended ended = run("--schema");
        assertThat(ended.status, is(0));
        assertThat(ended.out, is(DispatcherConfig.schema()));
    }

    @Test
    void mistakes_in_the_file_are_listed() throws Exception {
        Path config = config("""
                redis: nowhere
                queues:
                  - queue: q
                    http_prot: 80
                """);
        Ended ended = run("--config", config.toString());
        assertThat(ended.status, is(2));
        assertThat(
                ended.err,
                allOf(
                        containsString(config + ":1:8: "),
                        containsString(config + ":4:5: unknown key `http_prot`"),
                        containsString("did you mean `http_port`?"),
                        not(containsString("\tat "))));
    }

    @Test
    void wrong_command_line_is_told() throws Exception {
        Path config = config("queues: [ { queue: q } ]");
        assertThat(run().err, containsString("Missing required option: '--config=FILE'"));
        assertThat(run().status, is(2));
        Ended unknown = run("--config", config.toString(), "--tiemout", "3s");
        assertThat(unknown.status, is(2));
        assertThat(unknown.err, allOf(containsString("--tiemout"), containsString("--timeout")));
        Ended wrong = run("--config", config.toString(), "--timeout", "soon");
        assertThat(wrong.status, is(2));
        assertThat(wrong.err, containsString("--timeout: soon (expected: a duration such as 300s, 50ms or 5m)"));
    }

    @Test
    void missing_file_is_told() throws Exception {
        Ended ended = run("--config", directory.resolve("none.yaml").toString());
        assertThat(ended.status, is(2));
        assertThat(ended.err, is(directory.resolve("none.yaml") + ": no such file\n"));
    }

    @Test
    void redis_out_of_reach_is_told_without_a_stack_trace() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Path config = config("queues: [ { queue: q } ]");
        Ended ended = run("--config", config.toString(), "--redis", "redis://127.0.0.1:" + port);
        assertThat(ended.status, is(1));
        assertThat(ended.err, allOf(containsString("127.0.0.1:" + port), not(containsString("\tat "))));
    }

    private Path config(String yaml) throws Exception {
        return Files.writeString(directory.resolve("dispatcher.yaml"), yaml);
    }

    private Ended run(String... arguments) throws Exception {
        try (DispatcherProcess process = DispatcherProcess.start(directory, List.of(arguments))) {
            int status = process.status();
            return new Ended(status, process.out(), process.err());
        }
    }

    private record Ended(int status, String out, String err) {}
}
