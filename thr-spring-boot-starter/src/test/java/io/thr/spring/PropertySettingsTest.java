package io.thr.spring;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.core.match.CidrBlock;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.RulesProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.support.SpringFactoriesLoader;

/** Properties as settings, and what is said of wrong ones. */
class PropertySettingsTest {

    private static final String RULES = """
            rules:
              - name: api
                when: { path: { glob: ["/api/*", "/v1/*"] }, method: [GET, POST], header: { X-Tenant: { any: true } } }
                then: { set_redis_queue: thr:queue:hello, set_input_priority: 10, set_input_header: { X-A: b, X_c: d } }
              - when: { path: /health }
                then: { }
                stop: true
              - when: { }
                then:
                  set_output_body: ""
                  rate_limit: { name: ping, key: [real_ip], algorithm: fixed-window, quota: 20, window: 60s }
            """;

    private final StandardEnvironment environment = new StandardEnvironment();

    @TempDir
    Path directory;

    /** Adds a file of properties that comes before those added earlier. */
    private void add(String name, String yaml) throws IOException {
        ByteArrayResource resource = new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)) {
            @Override
            public String getFilename() {
                return name;
            }
        };
        for (PropertySource<?> source : new YamlPropertySourceLoader().load(name, resource)) {
            environment.getPropertySources().addFirst(source);
        }
    }

    private void addEnvironment(Map<String, Object> variables) {
        environment
                .getPropertySources()
                .replace(
                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                        new SystemEnvironmentPropertySource(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
    }

    private FilterSettings read() {
        return new PropertySettings(environment, ApplicationResourceLoader.get()).read();
    }

    private List<String> problems() {
        return assertThrows(ConfigException.class, this::read).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    private static String indented(String yaml) {
        return "thr:\n" + yaml.indent(2);
    }

    @Test
    void without_properties_all_is_as_the_defaults_are() {
        assertThat(read(), is(FilterSettings.defaults()));
    }

    @Test
    void rules_are_read_as_in_the_file() throws IOException {
        add("application.yaml", indented(RULES));

        List<String> rules =
                read().rules().list().stream().map(Object::toString).toList();

        FilterSettings ofFile = FilterConfig.parse("front.yaml", RULES, Map.of());
        assertThat(rules.size(), is(3));
        assertThat(
                withoutIdentity(rules),
                is(withoutIdentity(
                        ofFile.rules().list().stream().map(Object::toString).toList())));
    }

    /** Functions have no other name than where they are. */
    private static List<String> withoutIdentity(List<String> rules) {
        return rules.stream()
                .map(rule -> rule.replaceAll("@[0-9a-f]+|/0x[0-9a-f]+", ""))
                .toList();
    }

    @Test
    void settings_are_read_in_every_spelling_of_spring_boot() throws IOException {
        add("application.yaml", """
                thr:
                  max-queue-length: 5
                  max_body: 1MiB
                  rateLimitTimeout: 20ms
                  on-redis-failure: open
                  default-queue: ${queue.name}
                  trusted-proxies: 10.0.0.0/8, ::1
                queue.name: thr:queue:x
                """);
        addEnvironment(Map.of("THR_GRACE_TIME", "1s", "THR_IPV6PREFIX", "56", "THR_SOMETHING_ELSE", "1"));

        FilterSettings settings = read();

        assertThat(
                settings,
                is(FilterSettings.defaults()
                        .edit()
                        .maxQueueLength(5)
                        .maxBody(1 << 20)
                        .rateLimitTimeout(Duration.ofMillis(20))
                        .onRedisFailure(OnRedisFailure.OPEN)
                        .defaultQueue("thr:queue:x")
                        .trustedProxies(List.of(CidrBlock.parse("10.0.0.0/8"), CidrBlock.parse("::1")))
                        .graceTime(Duration.ofSeconds(1))
                        .ipv6Prefix(56)
                        .rules(settings.rules())
                        .build()));
    }

    @Test
    void first_source_that_has_rules_has_all_of_them() throws IOException {
        add("application.yaml", indented(RULES + "timeout: 1s\nbus: a\n"));
        add("application-test.yaml", indented("rules:\n  - then: { set_status_code: 204 }\nbus: b\n"));

        FilterSettings settings = read();

        assertThat(settings.rules().list().size(), is(1));
        assertThat(settings.bus(), is("b"));
        assertThat(settings.timeout(), is(Duration.ofSeconds(1)));
    }

    @Test
    void empty_list_takes_the_rules_away() throws IOException {
        add("application.yaml", indented(RULES));
        add("application-test.yaml", "thr.rules: []\nthr.trusted-proxies: []\n");

        assertThat(read().rules().list().size(), is(0));
    }

    @Test
    void every_problem_is_told_with_its_property_and_its_place() throws IOException {
        add("application.yaml", """
                thr:
                  timout: 5s
                  max-queue-length: many
                  rules:
                    - name: a
                      when: { paht: /x }
                      then: { set_status_code: [200] }
                    - name: b
                  trusted-proxies: [10.0.0.0/8, nobody]
                """);

        List<String> problems = problems();

        assertThat(
                problems,
                containsInAnyOrder(
                        allOf(
                                startsWith("application.yaml:2:11: thr.timout: unknown key `timout` (expected one of: "
                                        + "enabled, config, order, redis, bus, "),
                                containsString("did you mean `timeout`?")),
                        startsWith("application.yaml:3:21: thr.max-queue-length: many (expected: a whole number"),
                        allOf(
                                startsWith("application.yaml:6:21: thr.rules[0].when.paht: unknown key `paht`"),
                                containsString("did you mean `path`?")),
                        startsWith("application.yaml:7:33: thr.rules[0].then.set_status_code: a list (expected: "),
                        startsWith("application.yaml:8:13: thr.rules[1]: missing key `then`"),
                        startsWith("application.yaml:9:33: thr.trusted-proxies[1]: block: nobody (expected: ")));
    }

    @Test
    void values_of_the_environment_are_not_shown() throws IOException {
        add("application.yaml", "thr.timeout: ${SECRET}\n");
        addEnvironment(Map.of("SECRET", "hidden", "THR_GRACE_TIME", "hidden"));

        List<String> problems = problems();

        assertThat(String.join("\n", problems), not(containsString("hid")));
        assertThat(
                problems,
                containsInAnyOrder(
                        startsWith("application.yaml:1:14: thr.timeout: ${SECRET} (expected: "),
                        startsWith("\"THR_GRACE_TIME\" from property source \"systemEnvironment\": thr.grace-time: "
                                + "${THR_GRACE_TIME} (expected: ")));
    }

    @Test
    void placeholder_without_value_is_a_problem() throws IOException {
        add("application.yaml", "thr.bus: ${nobody}\n");

        assertThat(
                problems(),
                is(List.of("application.yaml:1:10: thr.bus: Could not resolve placeholder 'nobody' in "
                        + "value \"${nobody}\"")));
    }

    @Test
    void references_in_values_are_left_alone() throws IOException {
        add("application.yaml", indented("rules:\n  - then: { set_output_body: 'a \"\\${B}\" c' }\n"));

        read();
    }

    @Test
    void properties_override_the_settings_of_a_file() throws IOException {
        Path file = Files.writeString(directory.resolve("thr.yaml"), RULES + "bus: a\ntimeout: 1s\n");
        add("application.yaml", "thr.config: " + file + "\nthr.timeout: 2s\n");

        FilterSettings settings = read();

        assertThat(settings.bus(), is("a"));
        assertThat(settings.timeout(), is(Duration.ofSeconds(2)));
        assertThat(settings.rules().list().size(), is(3));
        assertThat(settings.defaultQueue(), is(nullValue()));
    }

    @Test
    void rules_stand_in_one_place() throws IOException {
        Path file = Files.writeString(directory.resolve("thr.yaml"), RULES);
        add("application.yaml", "thr.config: " + file + "\n" + indented(RULES));

        assertThat(problems(), is(List.of("thr.rules: beside thr.config (expected: in " + file + ")")));
    }

    @Test
    void file_that_is_not_there_is_a_problem() throws IOException {
        add("application.yaml", "thr.config: classpath:nowhere.yaml\n");

        assertThat(
                problems(),
                is(List.of(
                        "thr.config: classpath:nowhere.yaml (expected: a YAML file: a path, file:… or classpath:…)")));
    }

    @Test
    void invalid_combination_with_the_file_is_a_problem() throws IOException {
        Path file = Files.writeString(directory.resolve("thr.yaml"), "max_body: 1GiB\n");
        add("application.yaml", "thr.config: " + file + "\nthr.inline-bodies: true\n");

        assertThat(problems().get(0), startsWith("thr.inline-bodies: with the file: max_body: "));
    }

    /** Rules in Java, by the name of their class. */
    public static final class Named implements RulesProvider {

        /** As a file asks for it. */
        public Named() {}

        @Override
        public void addTo(RuleList rules) {
            rules.add(
                    io.thr.filter.rule.Criteria.when(),
                    io.thr.filter.rule.Actions.then().setStatusCode(204));
        }
    }

    @Test
    void rules_in_java_are_named_by_a_property() {
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource("map", Map.of("thr.rules-class", Named.class.getName())));

        assertThat(read().rules().list().size(), is(1));
    }

    @Test
    void start_tells_of_problems_instead_of_a_stack_trace() throws IOException {
        add("application.yaml", "thr.timout: 5s\n");
        ConfigException problem = assertThrows(ConfigException.class, this::read);

        List<FailureAnalysis> analyses =
                SpringFactoriesLoader.forDefaultResourceLocation()
                        .load(FailureAnalyzer.class, (type, name, failure) -> {})
                        .stream()
                        .filter(analyzer -> analyzer.getClass().getName().startsWith("io.thr."))
                        .map(analyzer -> analyzer.analyze(new IllegalStateException("context", problem)))
                        .filter(Objects::nonNull)
                        .toList();

        assertThat(analyses.size(), is(1));
        assertThat(
                analyses.get(0).getDescription(),
                startsWith(
                        "The filter THR cannot be configured:\n\n    application.yaml:1:13: thr.timout: unknown key"));
    }

    @Test
    void metadata_names_every_setting_with_its_default() throws IOException {
        String json = new ClassPathResource("META-INF/spring-configuration-metadata.json")
                .getContentAsString(StandardCharsets.UTF_8);
        List<String> names = new ArrayList<>();
        Map<String, Object> defaults = new LinkedHashMap<>();
        Object properties = JsonParserFactory.getJsonParser().parseMap(json).get("properties");
        for (Object member : (List<?>) Objects.requireNonNull(properties)) {
            Map<?, ?> property = (Map<?, ?>) member;
            String name = String.valueOf(property.get("name"));
            names.add(name);
            if (property.get("defaultValue") != null && name.startsWith("thr.")) {
                defaults.put(name, property.get("defaultValue"));
            }
        }
        List<String> expected = new ArrayList<>(PropertySettings.names().stream()
                .map(name -> "thr." + name.replace('_', '-'))
                .toList());
        expected.addAll(List.of("thr.enabled", "thr.config", "thr.order", "management.health.thr.enabled"));
        environment.getPropertySources().addFirst(new MapPropertySource("defaults", defaults));

        assertThat(names, containsInAnyOrder(expected.toArray()));
        assertThat(read(), is(FilterSettings.defaults()));
        assertThat(defaults.get("thr.order"), is(ThrAutoConfiguration.DEFAULT_ORDER));
    }
}
