package io.thr.dispatcher;

import static io.thr.core.OracleUpstream.response;
import static io.thr.core.limit.MaxLimit.dynamic;
import static io.thr.core.limit.MaxLimit.exactly;
import static io.thr.core.limit.RequestHash.header;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.thr.core.BesideOthers;
import io.thr.core.OracleUpstream;
import io.thr.core.message.Headers;
import io.thr.core.message.RequestMessage;
import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.command.BusCommands;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** What people type who run a bus, on a real one: two slots for each user, an upstream that answers when it is told. */
@BesideOthers("commands")
class CommandsTest {

    private static final String QUEUE = "thr:queue:hello";
    private static final JsonMapper JSON = new JsonMapper();
    private static final byte[] NO_BODY = {};

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    @TempDir
    Path directory;

    private final Semaphore answers = new Semaphore(0);
    private OracleUpstream oracle;
    private Dispatcher dispatcher;
    private TestBus bus;

    @BeforeEach
    void open() throws Exception {
        bus = new TestBus(redis);
        oracle = OracleUpstream.start(request -> {
            answers.acquire();
            return response(200, "ok");
        });
        dispatcher = Dispatcher.start(settings());
    }

    private DispatcherSettings settings() {
        return DispatcherSettings.builder()
                .redis(redis.url())
                .timeout(Duration.ofSeconds(20))
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(QUEUE, "127.0.0.1", oracle.port()))
                .limit("user", header("X-User"), dynamic(), 2)
                .build();
    }

    @AfterEach
    void close() throws Exception {
        answers.release(1_000_000);
        dispatcher.close();
        oracle.close();
        bus.close();
    }

    private record Ended(int status, String out, String err) {

        JsonNode json() throws Exception {
            return JSON.readTree(out);
        }
    }

    private static Ended run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--redis");
        all.add(redis.url().toString());
        return only(all.toArray(String[]::new));
    }

    private static Ended only(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine program = new CommandLine(CommandSpec.create());
        BusCommands.addTo(program);
        program.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        program.getSubcommands().values().forEach(one -> {
            one.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        });
        int status = program.execute(arguments);
        return new Ended(status, out.toString(), err.toString());
    }

    /** Two run, the others wait. */
    private List<RequestMessage> load(int count, String user) {
        List<RequestMessage> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            RequestMessage request = Messages.message(
                    "GET",
                    "/report/" + i + "?token=secret",
                    Headers.of("Host", "example.org", "X-User", user),
                    NO_BODY,
                    Messages.extra(Messages.now(), Messages.now() + 60, 1));
            bus.push(QUEUE, request);
            requests.add(request);
            int soFar = i + 1;
            await().until(() -> oracle.now() + bus.waiting() >= soFar);
        }
        return requests;
    }

    private static String id(RequestMessage request) {
        return request.extra().requestId();
    }

    @Test
    void why_tells_who_holds_the_slots_and_who_comes_before() throws Exception {
        List<RequestMessage> requests = load(5, "bob");

        Ended why = run("why", id(requests.get(4)));

        assertThat(why.status, is(0));
        assertThat(why.out, containsString(id(requests.get(4)) + " waits in " + QUEUE));
        assertThat(why.out, containsString("user==bob is full: 2 of 2 run."));
        assertThat(why.out, containsString("held by " + id(requests.get(0)) + " on " + dispatcher.member()));
        assertThat(why.out, containsString("2 come before it"));
        assertThat(run("why", id(requests.get(0))).out, containsString(" runs on " + dispatcher.member()));
        JsonNode found =
                run("why", id(requests.get(4)), "--json").json().get("found").get(0);
        assertThat(found.get("position").asInt(), is(3));
        assertThat(found.get("blocked_by").get(0).get("counter").asText(), is("user==bob"));
        Ended nobody = run("why", "0".repeat(32));
        assertThat(nobody.status, is(1));
        assertThat(nobody.out, containsString("is not on this bus"));
    }

    @Test
    void tables_and_json_say_the_same() throws Exception {
        load(5, "bob");

        JsonNode queue = run("queues", "--json").json().get("queues").get(0);
        assertThat(queue.get("waiting").asInt(), is(3));
        assertThat(queue.get("running").asInt(), is(2));
        assertThat(run("queues").out, containsString(QUEUE));
        JsonNode limit = run("limits", "--json").json().get("limits").get(0);
        assertThat(limit.get("running").asInt(), is(2));
        assertThat(run("limits").out, containsString("user==bob 2+3"));
        assertThat(run("members").out, containsString(dispatcher.member()));
        assertThat(run("members", "--json").json().get("members").size(), is(1));
        Ended stats = run("stats");
        assertThat(stats.out, containsString("user==bob"));
        assertThat(stats.out, not(containsString("secret")));
        assertThat(run("stats", "--json").json().get("running").size(), is(2));
        Ended peek = run("peek", QUEUE);
        assertThat(peek.out, containsString("/report/2"));
        assertThat(peek.out, not(containsString("secret")));
        assertThat(
                run("peek", QUEUE, "--json", "--most", "1")
                        .json()
                        .get("requests")
                        .size(),
                is(1));
        Ended top = run("top", "--count", "2", "--every", "0.2");
        assertThat(top.out, containsString("3 wait, 2 run, 1 dispatchers"));
        assertThat(top.out, containsString("begun"));
    }

    @Test
    void paused_queue_begins_nothing_until_it_is_resumed() throws Exception {
        assertThat(run("pause", QUEUE).status, is(0));
        assertThat(run("pause", QUEUE).status, is(1));
        List<RequestMessage> requests = new ArrayList<>();
        answers.release(10);
        for (int i = 0; i < 3; i++) {
            RequestMessage request = Messages.ours("GET", "/", NO_BODY);
            bus.push(QUEUE, request);
            requests.add(request);
        }
        await().until(() -> bus.waiting() == 3);
        assertThat(run("why", id(requests.get(2))).out, containsString("paused"));
        assertThat(run("queues").out, containsString("paused for"));
        assertThat(oracle.seen(), is(empty()));

        assertThat(run("resume", QUEUE).out, containsString("goes on"));

        for (RequestMessage request : requests) {
            assertThat(bus.answer(request).statusCode(), is(200));
        }
        assertThat(run("resume", QUEUE).status, is(1));
    }

    @Test
    void set_limit_holds_at_once_and_after_a_restart_until_it_is_reset() throws Exception {
        load(5, "bob");

        assertThat(run("limits", "set", "user", "4").status, is(0));

        await().until(() -> oracle.now() == 4);
        Dispatcher second = Dispatcher.start(settings());
        assertThat(
                run("limits", "--json").json().get("limits").get(0).get("max").asInt(), is(4));
        assertThat(run("limits").out, containsString("4"));
        second.close();
        assertThat(run("limits", "reset", "user").status, is(0));
        assertThat(run("limits", "reset", "user").status, is(1));
        assertThat(
                run("limits", "--json").json().get("limits").get(0).get("max").asInt(), is(2));
        assertThat(run("limits", "set", "none", "4").err, containsString("there is no limit none"));
        assertThat(run("limits", "set", "user", "-1").status, is(2));
    }

    @Test
    void purged_requests_are_answered_with_503() throws Exception {
        List<RequestMessage> requests = load(5, "bob");
        assertThat("nobody can be asked", run("purge", QUEUE).status, is(2));

        assertThat(run("purge", QUEUE, "--yes").out, containsString("3 requests answered with 503"));

        for (RequestMessage request : requests.subList(2, 5)) {
            assertThat(bus.answer(request).statusCode(), is(503));
        }
        assertThat("what runs goes on", oracle.now(), is(2));
    }

    @Test
    void dead_letter_is_shown_and_tried_again() throws Exception {
        bus.push(QUEUE, "rubbish".getBytes(UTF_8));
        await().until(() -> !bus.list(QUEUE + ":dead").isEmpty());

        assertThat(run("dead").out, containsString(QUEUE));
        String letter = run("dead", QUEUE, "--json")
                .json()
                .get("letters")
                .get(0)
                .get("id")
                .asText();
        assertThat(run("dead", QUEUE).out, containsString(letter));
        assertThat(run("retry", QUEUE, letter).status, is(0));
        // it is as unreadable as before
        await().until(() -> !bus.list(QUEUE + ":dead").isEmpty());
        assertThat(run("retry", QUEUE, "0123").status, is(1));
        assertThat(run("purge", QUEUE, "--dead", "--yes").out, containsString("1 dead letters forgotten"));
    }

    @Test
    void drained_dispatcher_is_told_and_ends_when_its_requests_have() throws Exception {
        CompletableFuture<Void> told = new CompletableFuture<>();
        dispatcher.onDrain(() -> told.complete(null));
        List<RequestMessage> requests = load(2, "bob");

        assertThat(run("drain", dispatcher.member()).status, is(0));

        told.get(10, TimeUnit.SECONDS);
        answers.release(2);
        dispatcher.close();
        for (RequestMessage request : requests) {
            assertThat(bus.answer(request).statusCode(), is(200));
        }
        assertThat(run("members").out, containsString("no dispatcher runs"));
        assertThat(run("drain", "nobody").err, containsString("there is no member nobody"));
    }

    @Test
    void no_dispatcher_is_needed() throws Exception {
        dispatcher.close();
        RequestMessage request = Messages.ours("GET", "/", NO_BODY);
        bus.push("thr:queue:forgotten", request);

        assertThat(run("queues").out, containsString("nobody serves thr:queue:forgotten"));
        assertThat(run("why", id(request)).out, containsString("No running dispatcher serves this queue."));
        assertThat(run("purge", "thr:queue:forgotten", "--yes").status, is(0));
        assertThat(bus.answer(request).statusCode(), is(503));
    }

    @Test
    void names_that_clients_choose_cannot_forge_lines() throws Exception {
        load(3, "\u009b31mEVE\u00ad");

        for (String command : List.of("stats", "limits", "queues", "top")) {
            String out = (command.equals("top") ? run(command, "--count", "1") : run(command)).out;
            assertThat(command, out.indexOf('\u009b') < 0 && out.indexOf('\u00ad') < 0, is(true));
        }
        assertThat(run("limits").out, containsString("\\u{9b}31mEVE\\u{ad}"));
    }

    @Test
    void estimate_is_within_a_fifth_of_the_wait_in_a_steady_state() throws Exception {
        int millis = 120;
        answers.release(1_000_000);
        try (OracleUpstream steady = OracleUpstream.start(request -> {
                    Thread.sleep(millis);
                    return response(200, "ok");
                });
                Dispatcher other = Dispatcher.start(DispatcherSettings.builder()
                        .redis(redis.url())
                        .statsEvery(Duration.ZERO)
                        .queue(QueueSettings.of("thr:queue:steady", "127.0.0.1", steady.port()))
                        .limit("two", request -> "x", exactly("x"), 2)
                        .build())) {
            List<RequestMessage> requests = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                RequestMessage request = Messages.ours("GET", "/" + i, NO_BODY);
                bus.push("thr:queue:steady", request);
                requests.add(request);
            }
            await().until(() -> steady.seen().size() >= 10);
            RequestMessage last = requests.get(59);
            RequestMessage middle = requests.get(40);
            long asked = System.nanoTime();
            double forLast = estimate(last);
            double forMiddle = estimate(middle);
            await().pollInterval(Duration.ofMillis(2)).until(() -> hasSeen(steady, middle));
            double middleWaited = (System.nanoTime() - asked) / 1e6;
            await().pollInterval(Duration.ofMillis(2)).until(() -> hasSeen(steady, last));
            double lastWaited = (System.nanoTime() - asked) / 1e6;
            System.out.printf(
                    "estimated %.0f and %.0f ms, waited %.0f and %.0f%n", forMiddle, forLast, middleWaited, lastWaited);
            assertThat(Math.abs(forMiddle - middleWaited) / middleWaited, is(lessThanOrEqualTo(0.2)));
            assertThat(Math.abs(forLast - lastWaited) / lastWaited, is(lessThanOrEqualTo(0.2)));
            assertThat(other.member(), not(is(dispatcher.member())));
        }
    }

    private static double estimate(RequestMessage request) throws Exception {
        double millis = run("why", id(request), "--json")
                .json()
                .get("found")
                .get(0)
                .get("estimated_wait_ms")
                .asDouble();
        assertThat(millis, is(greaterThan(0.0)));
        return millis;
    }

    private static boolean hasSeen(OracleUpstream upstream, RequestMessage request) {
        return upstream.seen().stream().anyMatch(seen -> seen.target().equals(request.path()));
    }

    @Test
    void mistakes_are_told_with_what_was_expected() throws Exception {
        assertThat(only("queues", "--redis", "http://x").err, containsString("--redis: "));
        assertThat(only("queues", "--redis", "http://x").status, is(2));
        assertThat(only("queues", "--redis", "embedded").err, containsString("expected: a server that runs"));
        assertThat(only("peek").err, containsString("QUEUE"));
        assertThat(run("peek", QUEUE, "--most", "0").err, containsString("expected: 1 to 500"));
        try (ServerSocket closed = new ServerSocket(0)) {
            int port = closed.getLocalPort();
            closed.close();
            Ended unreachable = only("stats", "--redis", "redis://127.0.0.1:" + port);
            assertThat(unreachable.status, is(1));
            assertThat(unreachable.err, containsString("127.0.0.1:" + port));
        }
        assertThat(only("why", "--help").out, startsWith("Usage: "));
    }

    @Test
    void bus_may_be_named_by_the_dispatchers_file() throws Exception {
        Path config = Files.writeString(directory.resolve("d.yaml"), """
                redis: %s
                bus: other
                queues: [ { queue: thr:queue:q } ]
                """.formatted(redis.url()));

        assertThat(only("stats", "--config", config.toString()).out, startsWith("bus other at "));
        assertThat(
                only("stats", "--config", config.toString(), "--bus", "thr").out, containsString(dispatcher.member()));
        Files.writeString(config, "redis: 7\n");
        assertThat(only("stats", "--config", config.toString()).status, is(2));
    }
}
