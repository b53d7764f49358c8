package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.RawHttpClient;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisUrl;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
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

    private int status(Class<? extends Filter> filter, Path config, String target) throws Exception {
        Server server = server(filter, config.toString());
        try {
            server.start();
            return RawHttpClient.get(((ServerConnector) server.getConnectors()[0]).getLocalPort(), target)
                    .status();
        } finally {
            server.stop();
        }
    }

    private Server server(Class<? extends Filter> filter, String config) {
        Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ServletContextHandler context = new ServletContextHandler("/");
        FilterHolder holder = new FilterHolder(filter);
        holder.setName("waiting");
        holder.setAsyncSupported(true);
        if (!config.isEmpty()) {
            holder.setInitParameter("config", config);
        }
        context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
        context.addServlet(new ServletHolder(new Application()), "/*");
        server.setHandler(context);
        return server;
    }

    private Path file(String... lines) throws IOException {
        Path file = directory.resolve("front.yaml");
        return Files.write(file, java.util.List.of(lines), StandardCharsets.UTF_8);
    }

    private String failure(Class<? extends Filter> filter, String config) throws Exception {
        Server server = server(filter, config);
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

    @Test
    void without_redis_the_message_says_where_it_was_sought() throws Exception {
        Path file = file("redis: " + RedisUrl.of("127.0.0.1", 1));

        assertThat(
                failure(ThrFilter.class, file.toString()),
                allOf(containsString("127.0.0.1:1"), containsString("refused")));
    }
}
