package io.thr.demo;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import io.thr.filter.config.FilterConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {

    private static final int WRONG_USE = 2;
    private static final int FAILURE = 1;

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        return commandLine.execute(arguments);
    }

    private String file(String name, String... lines) throws IOException {
        return Files.writeString(directory.resolve(name), String.join("\n", lines) + "\n")
                .toString();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void help_names_every_option() {
        assertThat(run("--help"), is(0));

        assertThat(
                out.toString(),
                allOf(
                        containsString("--config"),
                        containsString("--port"),
                        containsString("--unix-socket"),
                        containsString("--timeout"),
                        containsString("--redis"),
                        containsString("--redis-queue"),
                        containsString("--admin-port"),
                        containsString("--check"),
                        containsString("--schema"),
                        containsString("demo")));
    }

    @Test
    void unknown_option_is_wrong_use() {
        assertThat(run("--prot", "1"), is(WRONG_USE));

        assertThat(err.toString(), containsString("--prot"));
    }

    @Test
    void wrong_values_are_wrong_use_and_say_what_is_expected() {
        assertThat(run("--port", "70000"), is(WRONG_USE));
        assertThat(run("--timeout", "soon"), is(WRONG_USE));
        assertThat(run("--redis", "http://localhost"), is(WRONG_USE));

        assertThat(
                err.toString(),
                allOf(
                        containsString("70000 (expected: 0 to 65535)"),
                        containsString("soon (expected: "),
                        containsString("http://localhost")));
    }

    @Test
    void admin_port_that_others_reach_must_have_a_token() throws IOException {
        String config = file("front.yaml", "admin: { host: 0.0.0.0 }");

        assertThat(run("--config", config, "--check"), is(0));
        assertThat(run("--config", config, "--admin-port", "0", "--check"), is(WRONG_USE));
        assertThat(err.toString(), containsString("admin.token: none (expected: one, as admin.host is 0.0.0.0"));

        String withPort = file("front.yaml", "admin: { host: 0.0.0.0, port: 8899 }");
        assertThat(run("--config", withPort, "--check"), is(WRONG_USE));
        assertThat(err.toString(), containsString("front.yaml:1:8: admin.token: none"));
    }

    @Test
    void configuration_may_be_a_java_file() throws IOException {
        String config = file(
                "Front.java",
                "import io.thr.filter.rule.*;",
                "public class Front implements RulesProvider {",
                "    public void addTo(RuleList rules) {",
                "        rules.add(Criteria.when(), Actions.then().setRedisQueue(\"q\"));",
                "    }",
                "}");
        assertThat(run("--config", config, "--check"), is(0));
        assertThat(out.toString(), is(config + ": ok" + System.lineSeparator()));

        String wrong = file("Front.java", "public class Front implements RulesProvider {}");
        assertThat(run("--config", wrong, "--check"), is(WRONG_USE));
        assertThat(err.toString(), containsString(wrong + ":1:31: cannot find symbol"));
    }

    @Test
    void schema_is_printed() {
        assertThat(run("--schema"), is(0));
        assertThat(out.toString(), is(FilterConfig.schema()));
    }

    @Test
    void check_of_a_right_file_starts_nothing() throws IOException {
        String config = file("front.yaml", "timeout: 5s", "rules:", "  - then: { set_redis_queue: q }");

        assertThat(run("--config", config, "--check"), is(0));

        assertThat(out.toString(), containsString("front.yaml: ok"));
    }

    @Test
    void wrong_file_is_told_with_its_place_and_without_a_stack_trace() throws IOException {
        String config = file("front.yaml", "timeout: 5s", "rules:", "  - when: { pth: /a }", "    then: {}");

        assertThat(run("--config", config), is(WRONG_USE));

        assertThat(
                err.toString(),
                allOf(containsString("front.yaml:3:"), containsString("path"), not(containsString("\tat "))));
    }

    @Test
    void missing_file_is_told_by_name() {
        String missing = directory.resolve("none.yaml").toString();

        assertThat(run("--config", missing, "--check"), is(WRONG_USE));

        assertThat(err.toString(), allOf(containsString("none.yaml"), not(containsString("\tat "))));
    }

    @Test
    void redis_that_is_not_there_is_told_by_its_address() throws IOException {
        String nobody = "127.0.0.1:" + freePort();

        assertThat(run("--redis", "redis://" + nobody, "--port", "0"), is(FAILURE));

        assertThat(err.toString(), allOf(containsString(nobody), not(containsString("\tat "))));
    }

    @Test
    void port_in_use_is_told_by_its_number() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            String port = String.valueOf(taken.getLocalPort());

            assertThat(run("--redis", "embedded", "--port", port), is(FAILURE));

            assertThat(err.toString(), allOf(containsString("port " + port), not(containsString("\tat "))));
        }
    }
}
