package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.RawHttpClient;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.config.FilterSettingsProvider;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.RulesProvider;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** How the filter comes by its settings, and what a newcomer reads when it does not. */
class ConfigurationTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    @TempDir
    Path directory;

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getOutputStream().print("application");
        }
    }

    /** A filter with one rule in Java beside its file, as a {@code @WebFilter} subclass has it. */
    public static final class WithRulesInJava extends ThrFilter {

        @Override
        protected void rules(RuleList rules) {
            rules.add(when().path("/java"), then().setStatusCode(418));
        }
    }

    /** A filter that needs no file. */
    public static final class WithSettingsInJava extends ThrFilter {

        @Override
        protected FilterSettings settings() {
            return FilterSettings.defaults()
                    .withRedis(REDIS.url())
                    .withRules(new RuleList()
                            .add(when().path("/settings"), then().setStatusCode(419))
                            .compile());
        }
    }

    /** Rules, and where Redis is, in a class that is configuration enough. */
    public static final class Configuring implements RulesProvider, FilterSettingsProvider {

        /** For the filter. */
        public Configuring() {}

        @Override
        public FilterSettings settings() {
            return FilterSettings.defaults().withRedis(REDIS.url());
        }

        @Override
        public void addTo(RuleList rules) {
            rules.add(when().path("/class"), then().setStatusCode(420));
        }
    }

    /** Tells which files it would be read from again. */
    public static final class Watched extends ThrFilter {

        private static final List<Path> FILES = new CopyOnWriteArrayList<>();

        @Override
        public void init(jakarta.servlet.FilterConfig config) throws ServletException {
            ConfigurationSource source = ConfigurationSource.of(config);
            FILES.clear();
            FILES.addAll(source.files());
            var unused = source.read();
            FILES.addAll(source.files());
            super.init(config);
        }
    }

    private int status(Class<? extends Filter> filter, Path config, String target) throws Exception {
        return status(server(filter, Map.of("config", config.toString()), null), target);
    }

    private static int status(Server server, String target) throws Exception {
        try {
            server.start();
            return RawHttpClient.get(((ServerConnector) server.getConnectors()[0]).getLocalPort(), target)
                    .status();
        } finally {
            server.stop();
        }
    }

    private Server server(
            Class<? extends Filter> filter, Map<String, String> parameters, @Nullable ClassLoader loader) {
        Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ServletContextHandler context = new ServletContextHandler("/");
        context.setBaseResourceAsPath(directory);
        context.setClassLoader(loader);
        FilterHolder holder = new FilterHolder(filter);
        holder.setName("waiting");
        holder.setAsyncSupported(true);
        parameters.forEach(holder::setInitParameter);
        context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
        context.addServlet(new ServletHolder(new Application()), "/*");
        server.setHandler(context);
        return server;
    }

    private Path file(String... lines) throws IOException {
        Path file = directory.resolve("front.yaml");
        return Files.write(file, List.of(lines), StandardCharsets.UTF_8);
    }

    /** A file with a class of that name that implements {@code RulesProvider}, with one rule. */
    private Path javaFile(String name, String settings, String path, int status) throws IOException {
        Path file = directory.resolve(name + ".java");
        return Files.writeString(file, """
                import io.thr.core.redis.RedisUrl;
                import io.thr.filter.config.*;
                import io.thr.filter.rule.*;

                public class %s implements RulesProvider %s
                    public void addTo(RuleList rules) {
                        rules.add(Criteria.when().path("%s"), Actions.then().setStatusCode(%d));
                    }
                }
                """.formatted(name, settings.isEmpty() ? "{" : settings, path, status));
    }

    private String failure(Class<? extends Filter> filter, String config) throws Exception {
        Server server = server(filter, config.isEmpty() ? Map.of() : Map.of("config", config), null);
        try {
            return String.valueOf(
                    assertThrows(ServletException.class, server::start).getMessage());
        } finally {
            server.stop();
        }
    }

    @Test
    void the_init_parameter_names_the_file() throws Exception {
        Path file = file(
                "redis: " + REDIS.url(), "rules:", "  - when: { path: /file }", "    then: { set_status_code: 417 }");

        assertThat(status(ThrFilter.class, file, "/file"), is(417));
        assertThat(status(ThrFilter.class, file, "/other"), is(200));
    }

    @Test
    void a_subclass_adds_rules_in_java_to_those_of_the_file() throws Exception {
        Path file = file(
                "redis: " + REDIS.url(), "rules:", "  - when: { path: /file }", "    then: { set_status_code: 417 }");

        assertThat(status(WithRulesInJava.class, file, "/file"), is(417));
        assertThat(status(WithRulesInJava.class, file, "/java"), is(418));
    }

    @Test
    void a_subclass_may_need_no_file() throws Exception {
        assertThat(status(WithSettingsInJava.class, Path.of(""), "/settings"), is(419));
    }

    private static String withRedis() {
        return """
                , FilterSettingsProvider {
                    public FilterSettings settings() {
                        return FilterSettings.defaults().withRedis(RedisUrl.parse("%s"));
                    }
                """.formatted(REDIS.url());
    }

    @Test
    void the_file_may_be_a_java_file() throws Exception {
        Path file = javaFile("Front", withRedis(), "/program", 421);

        assertThat(status(ThrFilter.class, file, "/program"), is(421));
        assertThat(status(ThrFilter.class, file, "/other"), is(200));
    }

    @Test
    void a_resource_of_the_application_may_be_a_java_file() throws Exception {
        Files.createDirectories(directory.resolve("WEB-INF"));
        Files.move(javaFile("Front", withRedis(), "/program", 421), directory.resolve("WEB-INF/Front.java"));

        assertThat(status(ThrFilter.class, Path.of("/WEB-INF/Front.java"), "/program"), is(421));
        assertThat(
                status(server(ThrFilter.class, Map.of("rules_class", "/WEB-INF/Front.java"), null), "/program"),
                is(421));
    }

    @Test
    void an_init_parameter_names_classes_with_a_file_and_without() throws Exception {
        String configuring = Configuring.class.getName();
        assertThat(status(server(ThrFilter.class, Map.of("rules_class", configuring), null), "/class"), is(420));

        Path file = file("redis: " + REDIS.url());
        Path source = javaFile("Rules", "", "/program", 421);
        Map<String, String> both = Map.of("config", file.toString(), "rules_class", configuring + ", " + source);
        assertThat(status(server(ThrFilter.class, both, null), "/class"), is(420));
        assertThat(status(server(ThrFilter.class, both, null), "/program"), is(421));
    }

    @Test
    void an_announced_provider_configures_a_filter_that_nothing_else_does() throws Exception {
        Path services = Files.createDirectories(directory.resolve("classes/META-INF/services"));
        Files.writeString(services.resolve(RulesProvider.class.getName()), Configuring.class.getName());
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {directory.resolve("classes").toUri().toURL()}, ConfigurationTest.class.getClassLoader())) {
            assertThat(status(server(ThrFilter.class, Map.of(), loader), "/class"), is(420));
        }
    }

    @Test
    void all_files_of_a_configuration_are_known_once_it_has_been_read() throws Exception {
        Path file = file("redis: " + REDIS.url(), "rules_class: Rules.java");
        Path source = javaFile("Rules", "", "/program", 421);

        assertThat(status(Watched.class, file, "/program"), is(421));
        assertThat(Watched.FILES, contains(file, file, source));

        Files.createDirectories(directory.resolve("WEB-INF"));
        Path inside = Files.move(file, directory.resolve("WEB-INF/front.yaml"));
        Path beside = Files.move(source, directory.resolve("WEB-INF/Rules.java"));
        assertThat(status(Watched.class, Path.of("/WEB-INF/front.yaml"), "/program"), is(421));
        assertThat(
                Watched.FILES.stream().map(ConfigurationTest::real).toList(),
                contains(real(inside), real(inside), real(beside)));
    }

    private static Path real(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void errors_of_the_compiler_are_in_the_message_of_the_failed_start() throws Exception {
        Path file = javaFile("Front", withRedis(), "/program\"", 421);

        assertThat(
                failure(ThrFilter.class, file.toString()),
                allOf(
                        containsString("Front.java:11:50: unclosed string literal"),
                        containsString("rules.add(Criteria.when().path(\"/program\"\"")));
    }

    @Test
    void every_mistake_in_the_file_is_in_the_message_of_the_failed_start() throws Exception {
        Path file = file(
                "redis: " + REDIS.url(),
                "timeout: soon",
                "rules:",
                "  - when: { pth: /file }",
                "    then: { set_status_code: 417 }");

        String message = failure(ThrFilter.class, file.toString());

        assertThat(
                message,
                allOf(
                        containsString("front.yaml:2:10"),
                        containsString("front.yaml:4:13"),
                        containsString("did you mean `path`")));
    }

    @Test
    void without_a_file_the_message_says_how_to_name_one() throws Exception {
        assertThat(
                failure(ThrFilter.class, ""),
                allOf(containsString("waiting"), containsString("init parameter"), containsString("THR_CONFIG")));
    }
}
