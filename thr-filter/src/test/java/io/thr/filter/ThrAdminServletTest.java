package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.thr.admin.AdminSettings;
import io.thr.core.Logged;
import io.thr.core.RawHttpClient;
import io.thr.core.RawHttpClient.Response;
import io.thr.core.config.Secret;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RatePolicy;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RateKeyPart;
import io.thr.filter.rule.RateLimit;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The admin port as a servlet beside the filter, in every container. */
class ThrAdminServletTest {

    private static final String TOKEN = "a-token-that-nobody-guesses";
    private static final String RIGHT = "Authorization: Bearer " + TOKEN;
    private static final String QUEUE = "thr:queue:servlet";

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.getOutputStream().print("application");
        }
    }

    private static FilterSettings settings(RedisServer redis, AdminSettings admin) {
        RateLimit policy = RateLimit.by(
                RatePolicy.named("often", RateAlgorithm.FIXED_WINDOW, 1000, Duration.ofHours(1))
                        .build(),
                RateKeyPart.method());
        RuleList rules = new RuleList()
                .add(when().path("/app/queued"), then().setRedisQueue(QUEUE))
                .add(when().path("/app/counted"), then().rateLimit(policy));
        return FilterSettings.defaults()
                .withRedis(redis.url())
                .withTimeout(Duration.ofSeconds(20))
                .withRules(rules.compile())
                .edit()
                .admin(admin)
                .graceTime(Duration.ZERO)
                .build();
    }

    private static AdminSettings withToken() {
        return new AdminSettings(null, AdminSettings.DEFAULT_HOST, new Secret(TOKEN), List.of());
    }

    private static WebApp application(FilterSettings settings) {
        return WebApp.at("/app")
                .filter("thr", new ThrFilter(settings), WebApp.USUAL, "/*")
                .servlet(new ThrAdminServlet(), "/thr-admin/*")
                .servlet(new Application(), "/");
    }

    private static Response send(Container container, String method, String path, String... fields) throws IOException {
        boolean hasHost = List.of(fields).stream().anyMatch(field -> field.startsWith("Host:"));
        return RawHttpClient.exchange(
                container.port(),
                method + " /app/thr-admin" + path + " HTTP/1.1\r\n"
                        + (hasHost ? "" : "Host: localhost:" + container.port() + "\r\n")
                        + String.join("\r\n", fields) + (fields.length == 0 ? "" : "\r\n") + "\r\n");
    }

    @EachContainer
    void filter_is_shown_to_who_has_the_token(Container.Kind kind) throws Exception {
        try (Container container = kind.start(application(settings(REDIS, withToken())));
                RawHttpClient client = new RawHttpClient(container.port())) {
            assertThat(RawHttpClient.get(container.port(), "/app/counted").status(), is(200));
            client.send("GET /app/queued?key=hidden HTTP/1.1\r\nHost: localhost\r\n\r\n");

            assertThat(send(container, "GET", "/health").text(), is("{\"status\":\"up\"}"));
            assertThat(send(container, "GET", "/ready").text(), is("{\"ready\":true,\"reasons\":[]}"));
            assertThat(send(container, "GET", "/metrics").text(), containsString("\njvm_memory_used_bytes{"));
            assertThat(send(container, "GET", "/robots.txt").header("Content-Type"), startsWith("text/plain"));
            await().untilAsserted(() -> assertThat(
                    send(container, "GET", "/stats", RIGHT).text(),
                    allOf(
                            containsString("\"suspended\":1,\"delayed\":0,\"connected\":true"),
                            containsString("\"often\":{\"granted\":1,\"exceeded\":0,\"delayed\":0,\"undecided\":0}"),
                            containsString("\"bus\":{\"at_ms\":"))));
            assertThat(
                    send(container, "GET", "/stats", RIGHT).text(),
                    allOf(not(containsString("hidden")), not(containsString(TOKEN))));
            assertThat(
                    send(container, "GET", "/api/bus", RIGHT).text(),
                    allOf(
                            containsString("\"program\":{\"kind\":\"front\",\"name\":"),
                            containsString("\"may_change\":true"),
                            containsString("\"buses\":[\"127.0.0.1:" + REDIS.port() + "\"]")));
            assertThat(
                    send(container, "GET", "/api/peek?queue=" + QUEUE, RIGHT).text(),
                    containsString("\"path\":\"/app/queued\""));
            assertThat(
                    send(container, "POST", "/api/purge?queue=" + QUEUE, RIGHT).text(),
                    is("{\"done\":true,\"count\":1}"));
            assertThat(client.receive(false).status(), is(503));
        }
    }

    @EachContainer
    void others_are_refused(Container.Kind kind) throws Exception {
        try (Container container = kind.start(application(settings(REDIS, withToken())))) {
            for (String look : List.of("/stats", "/api/bus", "/api/history", "/api/why?request=r")) {
                assertThat(look, send(container, "GET", look).status(), is(401));
            }
            String pause = "/api/pause?queue=q";
            assertThat(send(container, "POST", pause).status(), is(401));
            assertThat(
                    send(container, "POST", pause, "Authorization: Bearer " + TOKEN + "x")
                            .status(),
                    is(401));
            assertThat(
                    send(container, "POST", pause, RIGHT, "Host: evil.example").status(), is(421));
            assertThat(
                    send(container, "POST", pause, RIGHT, "Origin: http://evil.example")
                            .status(),
                    is(403));
            assertThat(
                    send(container, "POST", pause, RIGHT, "Sec-Fetch-Site: cross-site")
                            .status(),
                    is(403));
            assertThat(send(container, "GET", pause, RIGHT).status(), is(405));
            assertThat(send(container, "DELETE", "/api/bus", RIGHT).status(), is(405));
            assertThat(send(container, "OPTIONS", "/api/bus", RIGHT).header("Allow"), is("GET, HEAD"));
            assertThat(send(container, "TRACE", "/api/bus", RIGHT).status(), is(405));
            assertThat(
                    send(container, "POST", pause, RIGHT, "Content-Length: 16385")
                            .status(),
                    is(413));
            for (String path : List.of("/../thr-admin/x", "/%2e%2e/x", "//stats", "/stats;a", "/x", "/api/bus/")) {
                assertThat(path, send(container, "GET", path, RIGHT).status(), is(anyOf(is(404), is(400))));
            }
            assertThat(
                    REDIS.state().keys().stream()
                            .filter(key -> key.endsWith("paused"))
                            .toList(),
                    is(List.of()));
        }
    }

    @EachContainer
    void audit_line_stays_one_line(Container.Kind kind) throws Exception {
        try (Container container = kind.start(application(settings(REDIS, withToken())))) {
            List<String> lines = Logged.by("io.thr.audit", () -> {
                try {
                    String name = "q%0D%0AINFO%20drain";
                    assertThat(
                            send(container, "POST", "/api/pause?queue=" + name, RIGHT)
                                    .status(),
                            is(200));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(lines, contains("INFO pause queue=\"q\\u{d}\\u{a}INFO drain\" from \"127.0.0.1\": done"));
        }
    }

    @EachContainer
    void without_a_slash_it_leads_to_the_page(Container.Kind kind) throws Exception {
        try (Container container = kind.start(application(settings(REDIS, withToken())))) {
            Response redirect = send(container, "GET", "");
            assertThat(redirect.status(), is(308));
            // as it is written, or made absolute by the container
            assertThat(redirect.header("Location"), anyOf(is("./thr-admin/"), endsWith("/app/thr-admin/")));
        }
    }

    @EachContainer
    void head_gives_the_head(Container.Kind kind) throws Exception {
        try (Container container = kind.start(application(settings(REDIS, withToken())))) {
            Response head = send(container, "HEAD", "/health");
            assertThat(head.status(), is(200));
            assertThat(head.header("Content-Length"), is("15"));
        }
    }

    @Test
    void it_works_where_nothing_can_be_suspended() throws Exception {
        WebApp app = application(settings(REDIS, withToken())).withoutAsync();
        try (Container container = Container.Kind.TOMCAT.start(app)) {
            assertThat(send(container, "GET", "/api/bus", RIGHT).status(), is(200));
        }
    }

    @Test
    void without_a_token_nothing_is_shown_but_that_it_lives() throws Exception {
        try (Container container = Container.Kind.JETTY.start(application(settings(REDIS, AdminSettings.OFF)))) {
            Response refused = send(container, "GET", "/api/bus");
            assertThat(refused.status(), is(403));
            assertThat(refused.text(), containsString("admin.token"));
            assertThat(send(container, "GET", "/health").status(), is(200));
        }
    }

    @Test
    void without_a_filter_it_says_so() throws Exception {
        WebApp app = WebApp.at("/app").servlet(new ThrAdminServlet(), "/thr-admin/*");
        try (Container container = Container.Kind.JETTY.start(app)) {
            assertThat(send(container, "GET", "/health").status(), is(503));
        }
    }

    @Test
    void readiness_follows_redis() throws Exception {
        try (RedisServer redis = RedisServer.embedded();
                Container container = Container.Kind.JETTY.start(application(settings(redis, withToken())))) {
            assertThat(send(container, "GET", "/ready").status(), is(503));
            assertThat(send(container, "GET", "/api/bus", RIGHT).status(), is(503));
            redis.start();
            await().untilAsserted(
                            () -> assertThat(send(container, "GET", "/ready").status(), is(200)));
            assertThat(send(container, "GET", "/api/bus", RIGHT).status(), is(200));
            redis.stop();
            await().untilAsserted(() -> assertThat(
                    send(container, "GET", "/ready").text(),
                    is("{\"ready\":false,\"reasons\":[\"redis 127.0.0.1:" + redis.port() + ": cannot be reached\"]}")));
            // what was read half a second ago is shown until then
            await().untilAsserted(() ->
                    assertThat(send(container, "GET", "/stats", RIGHT).text(), endsWith("\"bus\":null}")));
        }
    }
}
