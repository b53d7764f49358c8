package io.thr.examples;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;

import io.thr.core.limit.Scheduling;
import io.thr.dispatcher.config.DispatcherConfig;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.upstream.HealthCheck;
import io.thr.dispatcher.upstream.ServerSettings;
import io.thr.dispatcher.upstream.UpstreamSettings;
import io.thr.filter.config.FilterConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads the configurations that the documentation shows, and the examples in its tables of criteria and actions. */
class DocumentedConfigurationTest {

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    /** A row of a table whose last column is an example. */
    private static final Pattern ROW = Pattern.compile("^\\| `\\w+`.* \\| `(.+)` \\|$", Pattern.MULTILINE);

    @TempDir
    Path directory;

    private static String section(String title) throws IOException {
        String readme = Files.readString(PROJECT.resolve("README.md"));
        int start = readme.indexOf(title);
        assertThat(title, start, is(greaterThan(0)));
        return readme.substring(start, readme.indexOf("\n#", start));
    }

    private static List<String> examples(String title) throws IOException {
        return ROW.matcher(section(title)).results().map(row -> row.group(1)).toList();
    }

    private static List<String> blocks(String kind) throws IOException {
        Pattern block = Pattern.compile("^```yaml " + kind + "\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
        List<String> blocks = new ArrayList<>();
        block.matcher(Files.readString(PROJECT.resolve("README.md")))
                .results()
                .forEach(match -> blocks.add(match.group(1)));
        return blocks;
    }

    @Test
    void every_criterion_of_the_table_is_read() throws IOException {
        List<String> criteria = examples("### Criteria");

        assertThat(criteria.size(), is(14));
        for (String criterion : criteria) {
            FilterConfig.parse(criterion, "rules: [{ when: { " + criterion + " }, then: {} }]", Map.of());
        }
    }

    @Test
    void every_action_of_the_table_is_read() throws IOException {
        List<String> actions = examples("### Actions");

        assertThat(actions.size(), is(27));
        for (String action : actions) {
            FilterConfig.parse(action, "rules: [{ then: { " + action + " } }]", Map.of());
        }
    }

    @Test
    void front_files_are_read() throws IOException {
        List<String> files = new ArrayList<>(blocks("front"));
        files.add(Files.readString(PROJECT.resolve("examples/hello/front.yaml")));
        files.add(Files.readString(PROJECT.resolve("examples/limits/front.yaml")));
        files.add(Files.readString(PROJECT.resolve("examples/rate-limit/front.yaml")));
        files.add(Files.readString(PROJECT.resolve("webapp-demo/src/main/webapp/WEB-INF/front.yaml")));

        assertThat(files.size(), is(6));
        files.forEach(text -> FilterConfig.parse("documented", text, Map.of()));
    }

    @Test
    void dispatcher_files_are_read() throws Exception {
        List<String> files = new ArrayList<>(blocks("dispatcher"));
        files.add(Files.readString(PROJECT.resolve("examples/hello/dispatcher.yaml")));
        files.add(Files.readString(PROJECT.resolve("examples/limits/fixed.yaml")));
        files.add(Files.readString(PROJECT.resolve("examples/limits/dynamic.yaml")));

        assertThat(files.size(), is(5));
        for (String text : files) {
            read(withFiles(text));
        }
    }

    @Test
    void several_upstreams_are_read_as_they_are_explained() throws Exception {
        String section = section("## Several upstreams");
        String text = blocks("dispatcher").stream()
                .filter(section::contains)
                .findFirst()
                .orElseThrow();

        UpstreamSettings upstream = read(withFiles(text)).queues().get(0).upstream();

        assertThat(
                upstream.servers().stream()
                        .map(server -> server.address().toString())
                        .toList(),
                is(List.of("http://a:8080", "https://b:8443", "https://c:8443")));
        assertThat(upstream.servers().stream().map(ServerSettings::http2).toList(), is(List.of(false, false, true)));
        assertThat(upstream.servers().get(1).tls().trust(), is(directory.resolve("ca.pem")));
        assertThat(upstream.servers().get(2).tls().verify(), is(false));
        assertThat(upstream.servers().get(0).connectTimeout(), is(Duration.ofSeconds(3)));
        assertThat(upstream.ejectOn(), is(Set.of(503)));
        assertThat(
                upstream.healthCheck(), is(new HealthCheck("/health", Duration.ofSeconds(5), Duration.ofSeconds(2))));
    }

    /** With the PEM files that it names, which must be there. */
    private String withFiles(String text) throws Exception {
        if (!Files.exists(directory.resolve(PemFiles.TRUST))) {
            PemFiles.write(directory);
        }
        String found = text;
        for (String file : List.of(PemFiles.TRUST, PemFiles.CERTIFICATE, PemFiles.KEY)) {
            found = found.replace(": " + file, ": " + directory.resolve(file));
        }
        return found;
    }

    @Test
    void limits_are_read_beside_what_a_dispatcher_needs() throws IOException {
        String dispatcher = blocks("dispatcher").get(0);
        List<Scheduling> read = new ArrayList<>();
        for (String limits : blocks("limits")) {
            read.add(read(dispatcher + limits).scheduling());
        }

        assertThat(read.size(), is(2));
        assertThat(
                read.get(0).limits().maxima(), is(Map.of("limit_foo_header", 2, "per_tenant", 5, "low_priority", 50)));
        assertThat(read.get(1).fairShare().levels().size(), is(2));
    }

    private DispatcherSettings read(String text) throws IOException {
        return DispatcherConfig.read(Files.writeString(directory.resolve("dispatcher.yaml"), text), Map.of());
    }

    @Test
    void links_lead_somewhere() throws IOException {
        Pattern link = Pattern.compile("\\]\\((?!https?:)([^)#]+)\\)");
        for (Path page : pages()) {
            link.matcher(Files.readString(page))
                    .results()
                    .map(match -> page.resolveSibling(match.group(1)))
                    .forEach(target -> assertThat(page + " → " + target, Files.exists(target), equalTo(true)));
        }
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> top = Files.list(PROJECT);
                Stream<Path> docs = Files.walk(PROJECT.resolve("docs"));
                Stream<Path> examples = Files.walk(PROJECT.resolve("examples"), 2)) {
            return Stream.concat(Stream.concat(top, docs), examples)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        }
    }
}
