package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Logged;
import io.thr.core.RawHttpClient;
import io.thr.core.config.ConfigException;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rate.RateCounts;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A configuration that changes while the filter runs. */
class ReloadTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:reload";

    @TempDir
    Path directory;

    private final Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    private final ThrFilter filter = new ThrFilter() {
        @Override
        protected void rules(RuleList rules) {
            rules.add(when().path("/own"), then().setStatusCode(418));
        }
    };
    private Path file = Path.of("");

    @BeforeEach
    void start() throws Exception {
        file = directory.resolve("front.yaml");
        write("  - { when: { path: /a }, then: { set_status_code: 401 } }");
        ServletContextHandler context = new ServletContextHandler("/");
        FilterHolder holder = new FilterHolder(filter);
        holder.setAsyncSupported(true);
        holder.setInitParameter("config", file.toString());
        context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
        ServletHolder servlet = new ServletHolder(new Application());
        servlet.setAsyncSupported(true);
        context.addServlet(servlet, "/*");
        server.setHandler(context);
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getOutputStream().print("application");
        }
    }

    private void write(String... rules) throws IOException {
        writeFile("rules:\n" + String.join("\n", rules) + "\n");
    }

    /** As editors do it: another file takes its place. */
    private void writeFile(String text) throws IOException {
        Path next = directory.resolve("next.yaml");
        Files.writeString(next, "redis: " + REDIS.url() + "\ngrace_time: 0\n" + text, UTF_8);
        Files.move(next, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private int status(String path) throws IOException {
        return RawHttpClient.get(((ServerConnector) server.getConnectors()[0]).getLocalPort(), path)
                .status();
    }

    private void awaitStatus(String path, int status) {
        await().until(() -> status(path), is(status));
    }

    private static String limited(int quota) {
        return "  - when: { path: /limited }\n"
                + "    then: { rate_limit: { name: few, key: method, algorithm: fixed-window, quota: " + quota
                + ", window: 1h } }";
    }

    @Test
    void changed_file_is_in_force_within_a_second_all_at_once() throws Exception {
        assertThat(status("/a"), is(401));
        write(
                "  - { when: { path: /a }, then: { set_status_code: 403 } }",
                "  - { when: { path: /b }, then: { set_status_code: 410 } }");
        long start = System.nanoTime();
        awaitStatus("/a", 403);
        assertThat(status("/b"), is(410));
        assertThat(status("/own"), is(418));
        // the promise is one second; what comes on top is this test's own asking
        assertThat(Duration.ofNanos(System.nanoTime() - start), lessThan(Duration.ofMillis(2500)));
    }

    @Test
    void file_with_mistakes_changes_nothing_and_is_logged_with_all_of_them() throws Exception {
        List<String> logged = Logged.by(ThrFilter.class, () -> {
            try {
                writeFile("timeout: soon\nrules:\n  - { when: { pth: /a }, then: { set_status_code: 403 } }\n");
                assertThrows(ConfigException.class, filter::reload);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            await().during(Duration.ofMillis(1200)).until(() -> status("/a"), is(401));
        });

        assertThat(logged, hasItem(containsString("has been changed, and is wrong; what was in force stays so")));
        assertThat(logged, hasItem(containsString("front.yaml:3:10: timeout: soon")));
        assertThat(logged, hasItem(containsString("did you mean `path`")));
        write("  - { when: { path: /a }, then: { set_status_code: 404 } }");
        awaitStatus("/a", 404);
    }

    @Test
    void what_has_been_counted_stays_counted_when_a_quota_changes() throws Exception {
        write(limited(3));
        filter.reload();
        for (int i = 0; i < 3; i++) {
            assertThat(status("/limited"), is(200));
        }
        assertThat(status("/limited"), is(429));
        write(limited(5));
        awaitStatus("/limited", 200);
        assertThat(status("/limited"), is(200));
        assertThat(status("/limited"), is(429));
        assertThat(
                filter.rateCounts().values().stream()
                        .map(RateCounts.Count::granted)
                        .toList(),
                is(List.of(5L)));
        write("  - { when: { path: /a }, then: { set_status_code: 401 } }");
        filter.reload();
        assertThat(status("/limited"), is(200));
        assertThat(filter.rateCounts().isEmpty(), is(true));
    }

    @Test
    void request_that_waits_ends_by_the_rules_it_has_met() throws Exception {
        write("  - when: { path: /wait }\n" + "    then: { set_redis_queue: " + QUEUE
                + ", set_output_header: { X-Rule: before } }");
        filter.reload();
        try (TestBus bus = new TestBus(REDIS)) {
            int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
            CompletableFuture<RawHttpClient.Response> client = CompletableFuture.supplyAsync(() -> {
                try {
                    return RawHttpClient.get(port, "/wait");
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            RequestMessage request = bus.take(QUEUE);
            write("  - { when: { path: /wait }, then: { set_status_code: 410 } }");
            filter.reload();
            assertThat(status("/wait"), is(410));
            bus.respond(
                    request,
                    new ResponseMessage(
                            200,
                            Headers.EMPTY,
                            MessageBody.NONE,
                            new ResponseExtra(request.extra().requestId(), null, null, 1, null, false)));
            RawHttpClient.Response response = client.get(30, TimeUnit.SECONDS);
            assertThat(response.status(), is(200));
            assertThat(response.header("X-Rule"), is("before"));
        }
    }

    @Test
    void settings_by_code_take_effect_at_once_and_others_are_named() throws Exception {
        List<String> logged = Logged.by(
                ThrFilter.class,
                () -> filter.reload(FilterSettings.defaults()
                        .withRedis(REDIS.url())
                        .withTimeout(Duration.ofSeconds(7))
                        .withRules(new RuleList()
                                .add(when().path("/a"), then().setStatusCode(402))
                                .compile())));

        assertThat(status("/a"), is(402));
        assertThat(logged, hasItem("WARNING takes effect at the next start: timeout, grace_time"));
    }

    @Test
    void filter_that_does_not_run_says_so() throws Exception {
        server.stop();
        assertThrows(IllegalStateException.class, filter::reload);
        assertThat(filter.isConnected(), is(false));
    }
}
