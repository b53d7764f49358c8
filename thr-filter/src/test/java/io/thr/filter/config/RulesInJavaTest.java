package io.thr.filter.config;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.core.config.TextFile;
import io.thr.core.source.UserClasses;
import io.thr.filter.rule.Actions;
import io.thr.filter.rule.Criteria;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.PlainRequest;
import io.thr.filter.rule.RuleException;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.RulesProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways in which rules in Java come into a configuration. */
class RulesInJavaTest {

    private static final String FRONT = """
            import static io.thr.filter.rule.Actions.then;
            import static io.thr.filter.rule.Criteria.when;

            import io.thr.filter.config.FilterSettings;
            import io.thr.filter.config.FilterSettingsProvider;
            import io.thr.filter.rule.RuleList;
            import io.thr.filter.rule.RulesProvider;
            import java.time.Duration;

            public class Front implements RulesProvider, FilterSettingsProvider {

                public FilterSettings settings() {
                    return FilterSettings.defaults().withTimeout(Duration.ofSeconds(60));
                }

                public void addTo(RuleList rules) {
                    rules.add(
                            when().custom(exchange -> exchange.path().endsWith(".pdf")),
                            then().setRedisQueue("thr:queue:reports"));
                }
            }
            """;

    @TempDir
    Path directory;

    /** Adds its letter. */
    public static class Letter implements RulesProvider {

        private final String letter;

        Letter(String letter) {
            this.letter = letter;
        }

        @Override
        public void addTo(RuleList rules) {
            rules.add(Criteria.when(), Actions.then().setRedisQueue(exchange -> exchange.redisQueue() + letter));
        }
    }

    /** Adds b. */
    public static final class B extends Letter {
        /** For the configuration. */
        public B() {
            super("b");
        }
    }

    /** Adds c. */
    public static final class C extends Letter {
        /** For the configuration. */
        public C() {
            super("c");
        }
    }

    /** Adds d. */
    public static final class D extends Letter {
        /** For the configuration. */
        public D() {
            super("d");
        }
    }

    @Test
    void java_file_is_a_whole_configuration() throws IOException {
        FilterSettings settings = FilterConfig.read(write("Front.java", FRONT), Map.of());

        assertThat(settings.timeout(), is(Duration.ofSeconds(60)));
        assertThat(queue(settings, "/a.pdf"), is("thr:queue:reports"));
        assertThat(queue(settings, "/a.html"), is("null"));
    }

    @Test
    void rules_alone_go_with_the_default_settings() throws IOException {
        FilterSettings settings = FilterConfig.read(write("Front.java", """
                import io.thr.filter.rule.*;
                public class Front implements RulesProvider {
                    public void addTo(RuleList rules) {
                        rules.add(Criteria.when(), Actions.then().setRedisQueue("q"));
                    }
                }
                """), Map.of());

        assertThat(settings.timeout(), is(FilterSettings.defaults().timeout()));
        assertThat(queue(settings, "/"), is("q"));
    }

    @Test
    void settings_alone_may_hold_rules_too() throws IOException {
        FilterSettings settings = FilterConfig.read(write("Front.java", """
                import io.thr.filter.config.*;
                import io.thr.filter.rule.*;
                public class Front implements FilterSettingsProvider {
                    public FilterSettings settings() {
                        return FilterSettings.defaults().withRules(new RuleList()
                                .add(Criteria.when(), Actions.then().setRedisQueue("q"))
                                .compile());
                    }
                }
                """), Map.of());

        assertThat(queue(settings, "/"), is("q"));
    }

    @Test
    void rules_of_file_named_classes_parameters_and_services_run_in_that_order() throws IOException {
        Path yaml = write("front.yaml", """
                timeout: 7s
                rules_class: [A.java, %s]
                rules:
                  - then: { set_redis_queue: "file:" }
                """.formatted(B.class.getName()));
        write("A.java", """
                import io.thr.filter.rule.*;
                public class A implements RulesProvider {
                    public void addTo(RuleList rules) {
                        rules.add(Criteria.when(), Actions.then().setRedisQueue(exchange -> exchange.redisQueue() + "a"));
                    }
                }
                """);
        write("META-INF/services/" + RulesProvider.class.getName(), D.class.getName());
        try (URLClassLoader loader = loader()) {
            UserClasses classes = new UserClasses(loader, directory);

            FilterSettings settings =
                    FilterConfig.read(TextFile.read(yaml), List.of(C.class.getName()), Map.of(), classes);

            assertThat(queue(settings, "/"), is("file:abcd"));
            assertThat(settings.timeout(), is(Duration.ofSeconds(7)));
            assertThat(classes.files(), contains(directory.resolve("A.java")));
        }
    }

    @Test
    void service_that_tells_settings_is_a_configuration_where_there_is_no_other() throws IOException {
        write("META-INF/services/" + RulesProvider.class.getName(), WithSettings.class.getName());
        try (URLClassLoader loader = loader()) {
            FilterSettings settings = FilterConfig.read(null, List.of(), Map.of(), new UserClasses(loader, directory));
            assertThat(settings.bus(), is("told"));

            FilterSettings beside = FilterConfig.read(
                    new TextFile("front.yaml", "bus: file"), List.of(), Map.of(), new UserClasses(loader, directory));
            assertThat("the file's settings go before", beside.bus(), is("file"));
        }
    }

    /** Tells a bus. */
    public static final class WithSettings implements RulesProvider, FilterSettingsProvider {
        /** For the configuration. */
        public WithSettings() {}

        @Override
        public FilterSettings settings() {
            return FilterSettings.defaults().edit().bus("told").build();
        }

        @Override
        public void addTo(RuleList rules) {}
    }

    // ---- mistakes

    @Test
    void mistakes_in_a_java_file_are_told_with_its_lines() throws IOException {
        Path front = write("Front.java", FRONT.replace(".path()", ".pathh()"));
        assertThat(
                problems(front),
                contains(allOf(
                        startsWith(front + ":18:51: cannot find symbol"),
                        containsString("pathh()"),
                        endsWith("\n" + " ".repeat(4 + 50) + "^"))));

        Path wrong = write("Front.java", FRONT.replace("ofSeconds(60)", "ZERO"));
        assertThat(
                problems(wrong),
                contains(front + ":13: failed: java.lang.IllegalArgumentException: timeout: PT0S (expected: >= 1 ms)"));
    }

    @Test
    void mistakes_in_a_named_java_file_are_told_where_it_is_named_and_with_its_lines() throws IOException {
        write("Rules.java", """
                import io.thr.filter.rule.*;
                public class Rules implements RulesProvider {
                    public void addTo(RuleList rules) {
                        rules.add(Criteria.when(), Actions.then().setPath("api"));
                    }
                }
                """);
        Path yaml = write("front.yaml", "timeout: soon\nrules_class: Rules.java\n");
        assertThat(
                problems(yaml),
                contains(
                        startsWith(yaml + ":1:10: timeout: soon"),
                        is(yaml + ":2:14: rules_class: Rules.java cannot be used:"),
                        is(directory.resolve("Rules.java")
                                + ":4: failed: java.lang.IllegalArgumentException: path: api (expected: a path that begins with"
                                + " /)")));
    }

    @Test
    void policy_that_file_and_class_both_define_is_told() throws IOException {
        write("Rules.java", """
                import io.thr.core.rate.*;
                import io.thr.filter.rule.*;
                public class Rules implements RulesProvider {
                    public void addTo(RuleList rules) {
                        RatePolicy p = RatePolicy.named("p", RateAlgorithm.FIXED_WINDOW, 1, java.time.Duration.ofSeconds(1)).build();
                        rules.add(Criteria.when(), Actions.then().rateLimit(RateLimit.by(p)));
                    }
                }
                """);
        Path yaml = write("front.yaml", """
                rules_class: Rules.java
                rules: [{ then: { rate_limit: { name: p, key: [], algorithm: fixed-window, quota: 1, window: 1s } } }]
                """);
        assertThat(
                problems(yaml),
                contains(yaml
                        + ": rate policy: p stands for two different ones (expected: a name of its own for each)"));
    }

    @Test
    void function_that_fails_is_told_with_its_line() throws IOException {
        FilterSettings settings = FilterConfig.read(
                write("Front.java", FRONT.replace("exchange.path().endsWith", "\n exchange.header(\"None\").endsWith")),
                Map.of());
        Exchange exchange = PlainRequest.get("/").exchange();

        CompletionException failed = assertThrows(
                CompletionException.class,
                () -> settings.rules().applyInput(exchange).join());

        assertThat(failed.getCause() instanceof RuleException, is(true));
        assertThat(String.valueOf(failed.getMessage()), endsWith("(" + directory.resolve("Front.java") + ":19)"));
    }

    private URLClassLoader loader() throws IOException {
        return new URLClassLoader(new URL[] {directory.toUri().toURL()}, RulesInJavaTest.class.getClassLoader());
    }

    private Path write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private static List<String> problems(Path file) {
        return assertThrows(ConfigException.class, () -> FilterConfig.read(file, Map.of())).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    private static String queue(FilterSettings settings, String path) {
        Exchange exchange = PlainRequest.get(path).exchange();
        settings.rules().applyInput(exchange).join();
        return String.valueOf(exchange.redisQueue());
    }
}
