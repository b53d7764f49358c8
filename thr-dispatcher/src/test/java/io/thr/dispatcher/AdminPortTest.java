package io.thr.dispatcher;

import static io.thr.core.OracleUpstream.response;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.thr.admin.AdminSettings;
import io.thr.core.Logged;
import io.thr.core.OracleUpstream;
import io.thr.core.RawHttpClient;
import io.thr.core.RawHttpClient.Response;
import io.thr.core.config.Secret;
import io.thr.core.message.RequestMessage;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.core.redis.RedisUrl;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The admin port of a real dispatcher, by plain sockets. */
class AdminPortTest {

    private static final String QUEUE = "thr:queue:admin";
    private static final String TOKEN = "a-token-that-nobody-guesses";
    private static final String RIGHT = "Authorization: Bearer " + TOKEN;
    private static final ObjectMapper JSON = new ObjectMapper();

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded().notEmptied();

    private static final CountDownLatch mayAnswer = new CountDownLatch(1);
    private static final List<AutoCloseable> toClose = new ArrayList<>();
    private static TestBus bus;
    private static Dispatcher dispatcher;
    private static RequestMessage running;
    private static RequestMessage waiting;
    private static int port;

    /** A dispatcher with a request that runs, and one that waits for its limit. */
    @BeforeAll
    static void start() throws IOException {
        try (RedisState state = redis.state()) {
            state.command("ACL", "SETUSER", "operator", "on", ">s3cret", "~*", "&*", "+@all");
        }
        OracleUpstream oracle = OracleUpstream.start(request -> {
            mayAnswer.await();
            return response(200, "done");
        });
        dispatcher = Dispatcher.start(settings(oracle)
                .redis(RedisUrl.parse("redis://operator:s3cret@127.0.0.1:" + redis.port()))
                .admin(new AdminSettings(0, "127.0.0.1", new Secret(TOKEN), List.of("thr.example.org")))
                .build());
        port = URI.create(String.valueOf(dispatcher.adminUrl())).getPort();
        bus = new TestBus(redis);
        running = Messages.ours("GET", "/first?key=hidden", new byte[0]);
        waiting = Messages.ours("GET", "/second?key=hidden", new byte[0]);
        bus.push(QUEUE, running);
        await().until(oracle::now, is(1));
        bus.push(QUEUE, waiting);
        await().until(() -> bus.waiting(), is(1L));
        toClose.addAll(List.of(dispatcher, bus, oracle));
    }

    @AfterAll
    static void end() throws Exception {
        mayAnswer.countDown();
        for (AutoCloseable closeable : toClose) {
            closeable.close();
        }
    }

    private static DispatcherSettings.Builder settings(OracleUpstream oracle) {
        return DispatcherSettings.builder()
                .redis(redis.url())
                .statsEvery(Duration.ZERO)
                .timeout(Duration.ofSeconds(60))
                .queue(QueueSettings.of(QUEUE, "127.0.0.1", oracle.port()))
                .limit("one", request -> "same", io.thr.core.limit.MaxLimit.dynamic(), 1);
    }

    private static Response send(int to, String method, String target, String... fields) throws IOException {
        boolean hasHost = List.of(fields).stream().anyMatch(field -> field.startsWith("Host:"));
        String head = method + " " + target + " HTTP/1.1\r\n" + (hasHost ? "" : "Host: localhost:" + to + "\r\n")
                + String.join("\r\n", fields) + (fields.length == 0 ? "" : "\r\n") + "\r\n";
        return RawHttpClient.exchange(to, head);
    }

    private static Response get(String target, String... fields) throws IOException {
        return send(port, "GET", target, fields);
    }

    private static Response post(String target, String... fields) throws IOException {
        return send(port, "POST", target, fields);
    }

    private static JsonNode json(Response response) throws IOException {
        return JSON.readTree(response.body());
    }

    // what it shows

    @Test
    void health_is_told() throws IOException {
        assertThat(get("/health").text(), is("{\"status\":\"up\"}"));
        assertThat(get("/ready").text(), is("{\"ready\":true,\"reasons\":[]}"));
    }

    @Test
    void metrics_are_in_the_format_that_is_asked_for() throws IOException {
        Response text = get("/metrics");
        assertThat(text.status(), is(200));
        assertThat(text.header("Content-Type"), startsWith("text/plain; version=0.0.4"));
        assertThat(text.text(), containsString("\njvm_memory_used_bytes{"));
        assertThat(text.text(), containsString("\nprocess_start_time_seconds "));

        Response open = get("/metrics", "Accept: application/openmetrics-text; version=1.0.0");
        assertThat(open.header("Content-Type"), startsWith("application/openmetrics-text; version=1.0.0"));
        assertThat(open.text(), allOf(containsString("jvm_memory_used_bytes{"), containsString("# EOF")));
    }

    @Test
    void stats_are_the_originals_and_the_bus_without_secrets() throws IOException {
        Response stats = get("/stats");
        JsonNode json = json(stats);

        assertThat(json.get("running_requests").size(), is(1));
        assertThat(
                json.get("running_requests")
                        .get(running.extra().requestId())
                        .get("url")
                        .asText(),
                containsString("/first"));
        assertThat(json.get("bus").get("bus").asText(), is("thr"));
        assertThat(json.get("bus").get("program").get("kind").asText(), is("dispatcher"));
        for (String secret : List.of("hidden", "key=", "s3cret", "operator", TOKEN, "raw/1", "User-Agent")) {
            assertThat(stats.text(), not(containsString(secret)));
        }
    }

    @Test
    void bus_shows_what_waits_and_what_runs() throws IOException {
        await().untilAsserted(() -> {
            JsonNode state = json(get("/api/bus"));
            assertThat(state.get("program").get("name").asText(), is(dispatcher.member()));
            assertThat(state.get("program").get("may_change").asBoolean(), is(true));
            assertThat(state.get("program").get("buses").get(0).asText(), is("127.0.0.1:" + redis.port()));
            JsonNode queue = state.get("queues").get(0);
            assertThat(queue.get("name").asText(), is(QUEUE));
            assertThat(queue.get("running").asInt(), is(1));
            assertThat(queue.get("waiting").asInt(), is(1));
            assertThat(state.get("limits").get(0).get("name").asText(), is("one"));
            assertThat(state.get("flows").get(0).get("blocked_by").asText(), is("one==same"));
            assertThat(
                    state.get("running").get(0).get("request").asText(),
                    is(running.extra().requestId()));
            assertThat(state.get("members").get(0).get("name").asText(), is(dispatcher.member()));
            assertThat(state.get("at_ms").asLong(), is(greaterThan(1_700_000_000_000L)));
        });
        String text = get("/api/bus").text();
        assertThat(text, allOf(not(containsString("s3cret")), not(containsString("hidden"))));
    }

    @Test
    void bus_is_chosen_by_its_address() throws IOException {
        assertThat(get("/api/bus?bus=127.0.0.1:" + redis.port()).status(), is(200));
        assertThat(get("/api/bus?bus=elsewhere:1").status(), is(404));
    }

    @Test
    void history_is_sampled_while_somebody_looks() throws IOException {
        await().untilAsserted(() ->
                assertThat(json(get("/api/history")).get("samples").size(), is(greaterThanOrEqualTo(3))));
        JsonNode history = json(get("/api/history"));
        assertThat(history.get("every_ms").asInt(), is(1000));
        JsonNode first = history.get("samples").get(0);
        JsonNode queue = first.get("queues").get(QUEUE);
        assertThat(queue.get("waiting").asInt() + queue.get("listed").asInt(), is(1));
        assertThat(queue.get("begun_per_s").asDouble(), is(0.0));
        assertThat(queue.get("wait_p95_ms").isNull(), is(true));

        JsonNode later = json(get("/api/history?since_ms=" + first.get("at_ms").asLong()));
        assertThat(later.get("samples").size(), is(greaterThanOrEqualTo(2)));
        assertThat(
                later.get("samples").get(0).get("at_ms").asLong(),
                is(history.get("samples").get(1).get("at_ms").asLong()));
    }

    @Test
    void why_a_request_waits_is_told() throws IOException {
        JsonNode found = json(get("/api/why?request=" + waiting.extra().requestId()))
                .get("found")
                .get(0);
        assertThat(found.get("state").asText(), is("waiting"));
        assertThat(found.get("reason").asText(), is("limit"));
        assertThat(found.get("blocked_by").get(0).get("counter").asText(), is("one==same"));
        assertThat(
                found.get("blocked_by")
                        .get(0)
                        .get("holders")
                        .get(0)
                        .get("request")
                        .asText(),
                is(running.extra().requestId()));

        JsonNode runs = json(get("/api/why?request=" + running.extra().requestId()))
                .get("found")
                .get(0);
        assertThat(runs.get("state").asText(), is("running"));
        JsonNode unknown = json(get("/api/why?request=none")).get("found").get(0);
        assertThat(unknown.get("state").asText(), is("unknown"));
    }

    @Test
    void next_requests_are_shown_without_their_query() throws IOException {
        Response peek = get("/api/peek?queue=" + QUEUE + "&most=5");
        JsonNode request = json(peek).get("requests").get(0);
        assertThat(request.get("request").asText(), is(waiting.extra().requestId()));
        assertThat(request.get("path").asText(), is("/second"));
        assertThat(peek.text(), not(containsString("hidden")));
    }

    @Test
    void dead_letters_are_shown_put_back_and_forgotten() throws IOException {
        String queue = "thr:queue:letters";
        assertThat(json(get("/api/dead?queue=" + queue)).get("letters").size(), is(0));
        bus.push(QUEUE, "no message".getBytes(ISO_8859_1));
        await().untilAsserted(() ->
                assertThat(json(get("/api/dead?queue=" + QUEUE)).get("letters").size(), is(1)));
        JsonNode letter = json(get("/api/dead?queue=" + QUEUE)).get("letters").get(0);
        assertThat(letter.get("reason").asText(), not(is("")));

        assertThat(post("/api/retry?queue=" + QUEUE + "&letter=none", RIGHT).status(), is(404));
        assertThat(post("/api/purge-dead?queue=" + QUEUE, RIGHT).text(), is("{\"done\":true,\"count\":1}"));
        assertThat(post("/api/purge-dead?queue=" + QUEUE, RIGHT).text(), is("{\"done\":false,\"count\":0}"));
    }

    // what it changes

    @Test
    void changes_are_made_and_leave_a_line_each() {
        List<String> lines = Logged.by("io.thr.audit", () -> {
            try {
                assertThat(post("/api/pause?queue=q1", RIGHT).text(), is("{\"done\":true}"));
                assertThat(post("/api/pause?queue=q1", RIGHT).text(), is("{\"done\":false}"));
                assertThat(post("/api/resume?queue=q1", RIGHT).text(), is("{\"done\":true}"));
                assertThat(post("/api/limits/set?name=one&max=1", RIGHT).text(), is("{\"done\":true}"));
                assertThat(post("/api/limits/reset?name=one", RIGHT).status(), is(200));
                assertThat(post("/api/limits/set?name=none&max=2", RIGHT).status(), is(404));
                assertThat(post("/api/drain?member=nobody", RIGHT).status(), is(404));
                assertThat(post("/api/purge?queue=q1", RIGHT).text(), is("{\"done\":false,\"count\":0}"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(
                lines,
                contains(
                        "INFO pause queue=\"q1\" from \"127.0.0.1\": done",
                        "INFO pause queue=\"q1\" from \"127.0.0.1\": nothing to do",
                        "INFO resume queue=\"q1\" from \"127.0.0.1\": done",
                        "INFO limits/set max=\"1\" name=\"one\" from \"127.0.0.1\": done",
                        "INFO limits/reset name=\"one\" from \"127.0.0.1\": done",
                        "INFO limits/set max=\"2\" name=\"none\" from \"127.0.0.1\": there is no such limit",
                        "INFO drain member=\"nobody\" from \"127.0.0.1\": there is no such member",
                        "INFO purge queue=\"q1\" from \"127.0.0.1\": nothing to do"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/peek",
                "/api/peek?queue=",
                "/api/peek?queue=a&queue=b",
                "/api/peek?queue=%zz",
                "/api/peek?queue=%ff",
                "/api/peek?queue=a&most=0",
                "/api/peek?queue=a&most=many",
                "/api/why",
                "/api/history?since_ms=-1"
            })
    void wrong_parameters_are_refused(String target) throws IOException {
        Response refused = get(target);
        assertThat(refused.status(), is(400));
        assertThat(refused.header("Content-Type"), is("application/problem+json"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"max=-1", "max=x", "max=99999999999", "", "max=1%0a"})
    void wrong_maxima_are_refused(String max) throws IOException {
        assertThat(post("/api/limits/set?name=one&" + max, RIGHT).status(), is(400));
    }

    // who may

    @ParameterizedTest
    @ValueSource(strings = {"pause", "resume", "purge", "limits/set", "limits/reset", "drain", "retry", "purge-dead"})
    void changes_need_the_token(String change) throws IOException {
        String target = "/api/" + change + "?queue=q2&name=one&max=5&member=" + dispatcher.member() + "&letter=x";
        Response without = post(target);
        assertThat(without.status(), is(401));
        assertThat(without.header("WWW-Authenticate"), is("Bearer"));
        assertThat(send(port, "GET", target, RIGHT).status(), is(405));
        assertThat(bus.state().command("HGET", "thr:{thr}:paused", "q2"), is(nullValue()));
    }

    @Test
    void wrong_token_is_answered_late_and_keeps_nobody_waiting() throws Exception {
        List<String> logged = Logged.by("io.thr.admin.TokenCheck", () -> {
            List<CompletableFuture<Response>> wrong = new ArrayList<>();
            long begun = System.nanoTime();
            for (String token :
                    List.of("", "x", TOKEN + "x", TOKEN.substring(1), TOKEN.toUpperCase(java.util.Locale.ROOT))) {
                wrong.add(CompletableFuture.supplyAsync(() -> sent("Authorization: Bearer " + token)));
            }
            wrong.add(CompletableFuture.supplyAsync(() -> sent("Authorization: Basic " + TOKEN)));
            assertThat(sent(RIGHT).status(), is(200));
            assertThat(Duration.ofNanos(System.nanoTime() - begun).toMillis(), is(lessThan(900L)));
            wrong.forEach(answer -> assertThat(answer.join().status(), is(401)));
            assertThat(Duration.ofNanos(System.nanoTime() - begun).toMillis(), is(greaterThanOrEqualTo(1000L)));
        });
        assertThat(logged.size(), is(1));
        assertThat(
                logged.get(0),
                allOf(startsWith("WARNING a wrong admin token from \"127.0.0.1\""), not(containsString(TOKEN))));
    }

    private static Response sent(String field) {
        try {
            return post("/api/resume?queue=none", field);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void without_a_token_nothing_can_be_changed() throws Exception {
        try (Dispatcher other = another(new AdminSettings(0, "127.0.0.1", null, List.of()))) {
            int at = URI.create(String.valueOf(other.adminUrl())).getPort();
            Response refused = send(at, "POST", "/api/pause?queue=q", "Authorization: Bearer x");
            assertThat(refused.status(), is(403));
            assertThat(refused.text(), containsString("admin.token"));
            assertThat(
                    json(send(at, "GET", "/api/bus"))
                            .get("program")
                            .get("may_change")
                            .asBoolean(),
                    is(false));
        }
    }

    @Test
    void who_can_be_reached_by_others_shows_nothing_without_the_token() throws Exception {
        try (Dispatcher other = another(new AdminSettings(0, "0.0.0.0", new Secret(TOKEN), List.of()))) {
            int at = URI.create(String.valueOf(other.adminUrl())).getPort();
            for (String look : List.of(
                    "/api/bus",
                    "/api/history",
                    "/api/peek?queue=q",
                    "/api/why?request=r",
                    "/api/dead?queue=q",
                    "/stats")) {
                assertThat(look, send(at, "GET", look).status(), is(401));
                assertThat(look, send(at, "GET", look, RIGHT).status(), is(200));
            }
            for (String open : List.of("/health", "/ready", "/metrics", "/robots.txt")) {
                assertThat(open, send(at, "GET", open).status(), is(200));
            }
        }
    }

    private static Dispatcher another(AdminSettings admin) {
        return Dispatcher.start(DispatcherSettings.builder()
                .redis(redis.url())
                .bus("other")
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of("thr:queue:other", "127.0.0.1", 9))
                .admin(admin)
                .build());
    }

    @Test
    void port_that_others_reach_must_have_a_token() {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> new AdminSettings(8899, "0.0.0.0", null, List.of()));
        assertThat(refused.getMessage(), allOf(startsWith("admin.token: none"), containsString("0.0.0.0")));
    }

    // from where

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8899",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "10.0.0.1",
                "[2001:db8::1]:80",
                "thr.example.org.evil",
                "localhost:x",
                "[::1",
                "127.1",
                "0x7f000001"
            })
    void rebound_names_are_refused(String host) throws IOException {
        for (String path : List.of("/", "/api/bus", "/health", "/metrics")) {
            assertThat(host, get(path, "Host: " + host).status(), is(anyOf(is(421), is(400))));
        }
        assertThat(post("/api/pause?queue=q2", RIGHT, "Host: " + host).status(), is(anyOf(is(421), is(400))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST:1",
                "127.0.0.1:80",
                "127.8.9.1",
                "[::1]:8899",
                "thr.example.org",
                "Thr.Example.org:443"
            })
    void own_names_are_served(String host) throws IOException {
        assertThat(get("/api/bus", "Host: " + host).status(), is(200));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Origin: http://evil.example",
                "Origin: null",
                "Origin: http://localhost:1",
                "Origin: http://localhost",
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
                "Sec-Fetch-Site: anything"
            })
    void other_sites_are_refused(String field) throws IOException {
        Response change = post("/api/pause?queue=q2", RIGHT, field);
        assertThat(change.status(), is(403));
        assertThat(get("/api/bus", field).status(), is(403));
        assertThat(
                get("/api/bus", field, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
                        .status(),
                is(403));
        assertThat(change.header("Access-Control-Allow-Origin"), is(nullValue()));
    }

    @Test
    void own_page_may() throws IOException {
        String origin = "Origin: http://localhost:" + port;
        assertThat(
                post("/api/resume?queue=q3", RIGHT, origin, "Sec-Fetch-Site: same-origin")
                        .status(),
                is(200));
        assertThat(get("/api/bus", "Sec-Fetch-Site: none").status(), is(200));
    }

    @Test
    void link_on_another_site_leads_to_the_page_and_to_nothing_else() throws IOException {
        String[] follows = {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"};
        assertThat(get("/", follows).status(), is(not(403)));
        assertThat(get("/stats", follows).status(), is(403));
        String[] frames = {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"};
        assertThat(get("/", frames).status(), is(403));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND"})
    void other_methods_are_refused(String method) throws IOException {
        Response refused = send(port, method, "/api/bus", "Origin: http://evil.example", "Cookie: a=secret");
        assertThat(refused.status(), is(405));
        assertThat(refused.header("Allow"), is("GET, HEAD"));
        assertThat(refused.text(), not(containsString("secret")));
        assertThat(refused.header("Access-Control-Allow-Methods"), is(nullValue()));
        assertThat(send(port, method, "/api/pause").header("Allow"), is("POST"));
    }

    @Test
    void head_gives_the_head() throws IOException {
        Response head = send(port, "HEAD", "/health");
        assertThat(head.status(), is(200));
        assertThat(head.header("Content-Length"), is("15"));
    }

    // hostile requests

    @Test
    void what_is_named_stays_on_its_line() {
        String name = "q%0D%0AINFO%20purge%20queue=%22all%22%E2%80%A8%1B%5B2J%00%22";
        List<String> lines = Logged.by("io.thr.audit", () -> {
            try {
                Response answer = post("/api/pause?queue=" + name, RIGHT);
                assertThat(answer.status(), is(200));
                assertThat(post("/api/resume?queue=" + name, RIGHT).text(), is("{\"done\":true}"));
                assertThat(answer.fields().toString(), not(containsString("purge")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(lines.size(), is(2));
        assertThat(
                lines.get(0),
                is("INFO pause queue=\"q\\u{d}\\u{a}INFO purge queue=\\\"all\\\"\\u{2028}\\u{1b}[2J\\u{0}\\\"\""
                        + " from \"127.0.0.1\": done"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../../../../etc/passwd",
                "/%2e%2e/%2e%2e/etc/passwd",
                "/..%2f..%2fetc/passwd",
                "//robots.txt",
                "/./robots.txt",
                "/robots.txt/",
                "/robots.txt;a",
                "/robots%2etxt",
                "/page/robots.txt",
                "/page-files.txt",
                "/AdminHandler.class",
                "/%00",
                "/api//bus",
                "/api/bus/",
                "/API/bus",
                "/index.html"
            })
    void nothing_is_at_other_paths(String target) throws IOException {
        Response answer = get(target);
        assertThat(answer.status(), is(anyOf(is(404), is(400))));
        assertThat(answer.text(), not(containsString("root:")));
    }

    @Test
    void large_requests_are_refused() throws IOException {
        assertThat(get("/health", "X-Large: " + "x".repeat(20_000)).status(), is(431));
        assertThat(get("/health?" + "x".repeat(20_000)).status(), is(anyOf(is(414), is(431))));
        assertThat(post("/api/pause?queue=q4", RIGHT, "Content-Length: 16385").status(), is(413));
        assertThat(
                post("/api/pause?queue=q4", RIGHT, "Content-Length: 99999999999")
                        .status(),
                is(413));
        assertThat(get("/health").status(), is(200));
        assertThat(bus.state().command("HGET", "thr:{thr}:paused", "q4"), is(nullValue()));
    }

    @Test
    void slow_clients_do_not_keep_others_waiting() throws Exception {
        List<RawHttpClient> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 60; i++) {
                RawHttpClient halfAHead = new RawHttpClient(port);
                slow.add(halfAHead);
                halfAHead.send("GET /api/bus HTTP/1.1\r\nHost: localhost\r\nX-");
                RawHttpClient neverReads = new RawHttpClient(port);
                slow.add(neverReads);
                neverReads.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50));
            }
            long begun = System.nanoTime();
            assertThat(get("/health").status(), is(200));
            assertThat(get("/api/bus").status(), is(200));
            assertThat(Duration.ofNanos(System.nanoTime() - begun).toSeconds(), is(lessThan(10L)));
        } finally {
            for (RawHttpClient client : slow) {
                client.close();
            }
        }
    }

    @Test
    void every_answer_has_the_fields_that_keep_browsers_at_bay() throws IOException {
        List<Response> answers = List.of(
                get("/health"),
                get("/api/bus"),
                get("/metrics"),
                get("/robots.txt"),
                get("/nowhere"),
                get("/api/bus", "Host: evil.example"),
                get("/health", "X-Large: " + "x".repeat(20_000)),
                post("/api/pause?queue=q"),
                send(port, "TRACE", "/"));
        for (Response answer : answers) {
            assertThat(answer.header("X-Content-Type-Options"), is("nosniff"));
            assertThat(answer.header("Referrer-Policy"), is("no-referrer"));
            assertThat(
                    answer.header("Content-Security-Policy"),
                    is("default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"));
            assertThat(answer.header("Cross-Origin-Resource-Policy"), is("same-origin"));
            assertThat(answer.headers("Cache-Control").size(), is(1));
            assertThat(answer.header("Server"), is(nullValue()));
        }
        assertThat(answers.get(1).header("Cache-Control"), is("no-store"));
    }

    @Test
    void files_of_the_page_are_asked_for_once() throws IOException {
        Response file = get("/robots.txt");
        String tag = file.header("ETag");
        assertThat(file.header("Content-Type"), startsWith("text/plain"));
        assertThat(file.header("Cache-Control"), is("no-cache"));
        Response again = get("/robots.txt", "If-None-Match: " + tag);
        assertThat(again.status(), is(304));
        assertThat(again.header("ETag"), is(tag));
    }

    // its life

    @Test
    void taken_port_says_what_to_do() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            AdminSettings there = new AdminSettings(taken.getLocalPort(), "127.0.0.1", null, List.of());
            UncheckedIOException refused = assertThrows(UncheckedIOException.class, () -> another(there));
            assertThat(
                    refused.getMessage(),
                    allOf(
                            startsWith("admin: can't listen on 127.0.0.1:" + taken.getLocalPort()),
                            containsString("--admin-port")));
        }
    }

    @Test
    void readiness_follows_redis() throws Exception {
        try (RedisServer server = RedisServer.embedded().start();
                Dispatcher other = Dispatcher.start(DispatcherSettings.builder()
                        .redis(server.url())
                        .statsEvery(Duration.ZERO)
                        .timeout(Duration.ofSeconds(1))
                        .queue(QueueSettings.of("q", "127.0.0.1", 9))
                        .admin(AdminSettings.OFF.withPort(0))
                        .build())) {
            int at = URI.create(String.valueOf(other.adminUrl())).getPort();
            assertThat(send(at, "GET", "/ready").status(), is(200));
            server.stop();
            await().untilAsserted(() -> {
                Response ready = send(at, "GET", "/ready");
                assertThat(ready.status(), is(503));
                assertThat(
                        ready.text(),
                        startsWith("{\"ready\":false,\"reasons\":[\"redis 127.0.0.1:" + server.port()
                                + ": cannot be reached\""));
            });
            assertThat(send(at, "GET", "/health").status(), is(200));
            // what was read half a second ago is shown until then
            await().untilAsserted(() -> assertThat(send(at, "GET", "/api/bus").status(), is(503)));
            assertThat(json(send(at, "GET", "/stats")).get("bus").isNull(), is(true));
            server.start();
            await().untilAsserted(() -> assertThat(send(at, "GET", "/ready").status(), is(200)));
            await().untilAsserted(() -> assertThat(send(at, "GET", "/api/bus").status(), is(200)));
        }
    }

    @Test
    void stopping_dispatcher_is_not_ready_and_then_gone() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        try (OracleUpstream oracle = OracleUpstream.start(request -> {
            answer.await();
            return response(200, "late");
        })) {
            Dispatcher other = Dispatcher.start(DispatcherSettings.builder()
                    .redis(redis.url())
                    .bus("stopping")
                    .statsEvery(Duration.ZERO)
                    .queue(QueueSettings.of("thr:queue:stopping", "127.0.0.1", oracle.port()))
                    .admin(AdminSettings.OFF.withPort(0))
                    .build());
            int at = URI.create(String.valueOf(other.adminUrl())).getPort();
            bus.push("thr:queue:stopping", Messages.ours("GET", "/", new byte[0]));
            await().until(oracle::now, is(1));
            CompletableFuture<Void> closed = CompletableFuture.runAsync(other::close);
            await().untilAsserted(() -> assertThat(
                    json(send(at, "GET", "/ready")).get("reasons").get(0).asText(), is("the dispatcher is stopping")));
            answer.countDown();
            closed.join();
            assertThrows(IOException.class, () -> send(at, "GET", "/health"));
        }
    }
}
