package io.thr.examples;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.RequestHash;
import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.DispatcherScrape;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.FilterScrape;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.config.FilterSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What examples/monitoring asks Prometheus for is what dispatchers and fronts tell. */
class MonitoringTest {

    private static final Path FOLDER = Path.of("monitoring").toAbsolutePath();
    private static final Pattern METER = Pattern.compile("\\bthr_[a-z_]+[a-z]");

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    @TempDir
    static Path directory;

    /** Every line of both scrapes. */
    private static String scraped = "";

    private static List<String> scrapes = List.of();

    @BeforeAll
    static void scrape() throws IOException {
        DispatcherSettings dispatcher = DispatcherSettings.builder()
                .redis(redis.url())
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of("thr:queue:hello", "127.0.0.1", 1))
                .limit("by_user", RequestHash.header("X-User"), MaxLimit.dynamic(), 2)
                .build();
        Path file = Files.writeString(directory.resolve("front.yaml"), """
                redis: %s
                rules:
                  - then:
                      rate_limit: { name: ping, key: [real_ip], algorithm: fixed-window, quota: 20, window: 60s }
                      set_redis_queue: thr:queue:hello
                """.formatted(redis.url()));
        FilterSettings front = FilterConfig.read(file, Map.of());
        scrapes = List.of(text(DispatcherScrape.of(dispatcher)), text(FilterScrape.of(front)));
        scraped = String.join("", scrapes);
    }

    private static String text(MetricSnapshots snapshots) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(out, snapshots);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static Set<String> told() {
        return scraped.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.replaceAll("[{ ].*", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> asked(String file) throws IOException {
        return METER.matcher(Files.readString(FOLDER.resolve(file)))
                .results()
                .map(match -> match.group())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static void assertTold(Set<String> asked) {
        assertThat(asked, is(not(empty())));
        Set<String> missing = new TreeSet<>(asked);
        missing.removeAll(told());
        assertThat("meters that nobody tells", missing, is(empty()));
    }

    private static Map<?, ?> yaml(String file) throws IOException {
        Object document =
                new Load(LoadSettings.builder().build()).loadFromString(Files.readString(FOLDER.resolve(file)));
        assertThat(document, is(instanceOf(Map.class)));
        return (Map<?, ?>) document;
    }

    @Test
    void scrapes_are_in_the_text_format() {
        for (String scrape : scrapes) {
            assertThat(TextFormat.samples(scrape), is(greaterThan(50)));
        }
        assertThrows(AssertionError.class, () -> TextFormat.samples("thr_x 1\n"));
        assertThrows(AssertionError.class, () -> TextFormat.samples("# TYPE thr_x gauge\nthr_x{a=\"b\nc\"} 1\n"));
    }

    @Test
    void every_meter_of_the_alerts_is_told() throws IOException {
        assertTold(asked("thr-alerts.yml"));
    }

    @Test
    void every_meter_of_the_dashboard_is_told() throws IOException {
        assertTold(asked("thr-dashboard.json"));
    }

    @Test
    void every_meter_that_the_readme_lists_is_told_and_the_other_way_round() throws IOException {
        Set<String> listed = asked("README.md").stream()
                .map(name -> name.replaceAll("_(bucket|count|sum)$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> told = told().stream()
                .map(name -> name.replaceAll("_(bucket|count|sum)$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(listed, is(told));
    }

    @Test
    void alerts_are_rules() throws IOException {
        List<?> groups = (List<?>) Objects.requireNonNull(yaml("thr-alerts.yml").get("groups"));
        List<?> rules = (List<?>) Objects.requireNonNull(((Map<?, ?>) groups.get(0)).get("rules"));
        assertThat(rules.size(), is(greaterThan(10)));
        for (Object rule : rules) {
            assertThat(((Map<?, ?>) rule).keySet().stream().map(String::valueOf).toList(), hasItems("alert", "expr"));
        }
    }

    @Test
    void prometheus_is_told_of_the_alerts() throws IOException {
        assertThat(yaml("prometheus.yml").get("rule_files"), is(List.of("thr-alerts.yml")));
    }

    @Test
    void dashboard_has_panels_that_do_not_overlap() throws IOException {
        JsonNode dashboard =
                new ObjectMapper().readTree(FOLDER.resolve("thr-dashboard.json").toFile());
        Set<String> places = new TreeSet<>();
        for (JsonNode panel : dashboard.get("panels")) {
            JsonNode at = panel.get("gridPos");
            assertThat(at.get("x").asInt() + at.get("w").asInt() <= 24, is(true));
            assertThat(places.add(at.get("x") + "/" + at.get("y")), is(true));
            assertThat(panel.get("targets").isEmpty(), is(false));
        }
        assertThat(places.size(), is(greaterThan(10)));
    }

    @Test
    void every_meter_has_a_help_text_and_a_conventional_name() {
        for (String name : told()) {
            assertThat(name, matchesPattern("thr_[a-z]+(_[a-z]+)*"));
        }
        List<String> helps =
                scraped.lines().filter(line -> line.startsWith("# HELP")).toList();
        List<String> types =
                scraped.lines().filter(line -> line.startsWith("# TYPE")).toList();
        assertThat(helps.size(), is(types.size()));
        for (String type : types) {
            String[] words = type.split(" ", -1);
            assertThat(type, words[3].equals("counter"), is(words[2].endsWith("_total")));
        }
    }
}
