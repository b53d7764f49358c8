package io.thr.dispatcher.upstream;

import static io.thr.core.OracleUpstream.raw;
import static io.thr.core.OracleUpstream.response;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.not;

import io.thr.core.BesideOthers;
import io.thr.core.Logged;
import io.thr.core.OracleUpstream;
import io.thr.core.message.Headers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several servers behind one queue, on real sockets. */
@BesideOthers
class BalancingTest {

    private static final byte[] NO_BODY = {};
    private static final HealthCheck OFTEN = new HealthCheck("/health", Duration.ofMillis(100), Duration.ofSeconds(2));

    private final Upstreams upstreams = Upstreams.start(256, 1 << 20, InstantSource.system());
    private final List<AutoCloseable> toClose = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : toClose) {
            closeable.close();
        }
        upstreams.close();
    }

    @Test
    void calls_under_way_are_shared_evenly() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        OracleUpstream.Handler waiting = request -> {
            go.await();
            return response(200, "ok");
        };
        List<OracleUpstream> oracles = List.of(start(waiting), start(waiting), start(waiting));
        QueueUpstream upstream = upstream(settings(oracles));
        List<CompletableFuture<UpstreamResult>> calls = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            calls.add(upstream.call(request("POST", "/" + i)));
        }
        await().until(() -> oracles.stream().mapToInt(OracleUpstream::now).sum() == 30);
        assertThat(oracles.stream().map(OracleUpstream::now).toList(), everyItem(is(10)));
        assertThat(upstream.figures().stream().map(ServerFigures::running).toList(), everyItem(is(10L)));
        go.countDown();
        for (CompletableFuture<UpstreamResult> call : calls) {
            given(ended(call));
        }
        assertThat(upstream.figures().stream().map(ServerFigures::running).toList(), everyItem(is(0L)));
    }

    @Test
    void slow_server_gets_less() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        OracleUpstream slow = start(request -> {
            go.await();
            return response(200, "slow");
        });
        OracleUpstream fast = start(request -> response(200, "fast"));
        QueueUpstream upstream = upstream(settings(List.of(slow, fast)));
        List<CompletableFuture<UpstreamResult>> calls = new ArrayList<>();
        calls.add(upstream.call(request("GET", "/")));
        calls.add(upstream.call(request("GET", "/")));
        await().until(() -> slow.now() == 1 && fast.seen().size() == 1);
        await().until(() -> upstream.figures().get(1).running() == 0);
        for (int i = 0; i < 20; i++) {
            given(ended(upstream.call(request("GET", "/"))));
        }
        assertThat(slow.seen(), hasSize(1));
        go.countDown();
        for (CompletableFuture<UpstreamResult> call : calls) {
            given(ended(call));
        }
    }

    @Test
    void idle_servers_take_turns() throws Exception {
        OracleUpstream a = start(request -> response(200, "a"));
        OracleUpstream b = start(request -> response(200, "b"));
        QueueUpstream upstream = upstream(settings(List.of(a, b)));
        for (int i = 0; i < 100; i++) {
            given(ended(upstream.call(request("GET", "/"))));
        }
        // Heads or tails a hundred times: less than 20 of one are rarer than one in a hundred million
        assertThat(a.seen().size(), is(greaterThanOrEqualTo(20)));
        assertThat(b.seen().size(), is(greaterThanOrEqualTo(20)));
    }

    @Test
    void connections_are_counted_and_used_again() throws Exception {
        OracleUpstream oracle = start(request -> response(200, "ok"));
        QueueUpstream upstream = upstream(settings(List.of(oracle)));
        for (int i = 0; i < 5; i++) {
            given(ended(upstream.call(request("GET", "/"))));
        }
        ServerFigures figures = upstream.figures().get(0);
        assertThat(oracle.accepted(), is(1));
        assertThat(figures.calls(), is(5L));
        assertThat(figures.connectionsOpened(), is(1L));
        assertThat(figures.connectionsReused(), is(4L));
        assertThat(figures.failures(), is(0L));
        assertThat(figures.url(), is("http://127.0.0.1:" + oracle.port()));
    }

    @Test
    void server_that_is_away_is_left_out_and_no_client_sees_it() throws Exception {
        OracleUpstream there = start(request -> response(200, "ok"));
        UpstreamAddress away = UpstreamAddress.of("127.0.0.1", freePort());
        QueueUpstream upstream = upstream(UpstreamSettings.of(ServerSettings.of(away), server(there)));
        AtomicInteger posts = new AtomicInteger();
        List<String> log = Logged.by(
                        UpstreamServer.class,
                        () -> untilEjected(upstream, () -> {
                            posts.incrementAndGet();
                            given(ended(upstream.call(request("POST", "/"))));
                        }))
                .stream()
                // the servers of other classes' tests are other classes' business
                .filter(line -> line.contains("upstream " + away + ": "))
                .toList();
        assertThat(there.seen(), hasSize(posts.get()));
        assertThat(upstream.figures().get(0).failures(), is((long) Ejection.FAILURES));
        assertThat(upstream.figures().get(0).ejections(), is(1L));
        assertThat(upstream.figures().get(1).retries(), is((long) Ejection.FAILURES));
        assertThat(log, hasSize(2));
        assertThat(log.get(0), containsString("no connection to the upstream could be opened"));
        assertThat(log.get(0), containsString("Connection refused"));
        assertThat(log.get(1), containsString("is left out for"));
        long calls = upstream.figures().get(0).calls();
        given(ended(upstream.call(request("POST", "/"))));
        assertThat(upstream.figures().get(0).calls(), is(calls));
    }

    @Test
    void server_that_comes_back_serves_again() throws Exception {
        int port = freePort();
        OracleUpstream there = start(request -> response(200, "there"));
        QueueUpstream upstream =
                upstream(UpstreamSettings.of(ServerSettings.of(UpstreamAddress.of("127.0.0.1", port)), server(there)));
        untilEjected(upstream, () -> given(ended(upstream.call(request("POST", "/")))));
        OracleUpstream back = startOn(port, request -> response(200, "back"));
        await().atMost(Duration.ofSeconds(10)).until(() -> {
            given(ended(upstream.call(request("POST", "/"))));
            return !back.seen().isEmpty();
        });
        assertThat(upstream.figures().get(0).ejected(), is(false));
    }

    @Test
    void server_that_breaks_off_is_left_out_and_unsafe_requests_are_not_repeated() throws Exception {
        OracleUpstream breaking = start(request -> NO_BODY);
        OracleUpstream there = start(request -> response(200, "ok"));
        QueueUpstream upstream = upstream(settings(List.of(breaking, there)));
        AtomicInteger posts = new AtomicInteger();
        untilEjected(upstream, () -> ended(upstream.call(request("POST", "/" + posts.incrementAndGet()))));
        assertThat(breaking.seen(), hasSize(Ejection.FAILURES));
        assertThat(there.seen(), hasSize(posts.get() - Ejection.FAILURES));
        List<String> targets = new ArrayList<>();
        breaking.seen().forEach(seen -> targets.add(seen.target()));
        there.seen().forEach(seen -> targets.add(seen.target()));
        assertThat(Set.copyOf(targets), hasSize(posts.get()));
    }

    @Test
    void status_503_is_an_answer() throws Exception {
        OracleUpstream busy = start(request -> response(503, "busy"));
        QueueUpstream upstream = upstream(settings(List.of(busy)));
        for (int i = 0; i < 5; i++) {
            assertThat(given(ended(upstream.call(request("POST", "/")))).status(), is(503));
        }
        assertThat(upstream.figures().get(0).ejected(), is(false));
        assertThat(busy.seen(), hasSize(5));
    }

    @Test
    void status_that_was_said_to_be_a_failure_leaves_a_server_out_and_is_the_clients_answer() throws Exception {
        AtomicInteger status = new AtomicInteger(503);
        OracleUpstream ill = start(request -> response(status.get(), "ill"));
        OracleUpstream well = start(request -> response(500, "well"));
        QueueUpstream upstream = upstream(settings(List.of(ill, well)).withEjectOn(Set.of(503)));
        List<Integer> answers = new ArrayList<>();
        List<String> log = Logged.by(
                UpstreamServer.class,
                () -> untilEjected(
                        upstream,
                        () -> answers.add(given(ended(upstream.call(request("POST", "/"))))
                                .status())));
        assertThat(answers.stream().filter(each -> each == 503).count(), is(3L));
        assertThat(ill.seen(), hasSize(3));
        assertThat(log, hasItem(containsString("is left out for ")));
        assertThat(log, hasItem(containsString(": it answers with 503")));
        assertThat(upstream.figures().get(0).failures(), is(3L));
        assertThat(upstream.figures().get(1).failures(), is(0L));
        assertThat(upstream.figures().get(0).running(), is(0L));
        // the next trial, when its time is over, finds it well
        status.set(200);
        await().until(() -> {
            given(ended(upstream.call(request("POST", "/"))));
            return !upstream.figures().get(0).ejected();
        });
    }

    @Test
    void server_that_swallows_connections_costs_a_call_its_connect_timeout() throws Exception {
        OracleUpstream there = start(request -> response(200, "ok"));
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<SocketChannel> waiting = new ArrayList<>();
            // more than the kernel keeps for one who never accepts: what comes then has no answer at all
            for (int i = 0; i < 4; i++) {
                SocketChannel channel = SocketChannel.open();
                toClose.add(channel);
                channel.configureBlocking(false);
                channel.connect(full.getLocalSocketAddress());
                waiting.add(channel);
            }
            assertThat(waiting.get(3).finishConnect(), is(false));
            ServerSettings swallows = ServerSettings.of(UpstreamAddress.of("127.0.0.1", full.getLocalPort()))
                    .withConnectTimeout(Duration.ofMillis(200));
            QueueUpstream upstream = upstream(UpstreamSettings.of(swallows, server(there)));
            untilEjected(upstream, () -> {
                long before = System.nanoTime();
                given(ended(upstream.call(request("POST", "/"))));
                assertThat(Duration.ofNanos(System.nanoTime() - before).toMillis(), is(lessThan(10_000L)));
            });
            assertThat(upstream.figures().get(0).failures(), is(3L));
        }
    }

    @Test
    void lone_server_that_is_back_is_found_by_the_next_request() throws Exception {
        int port = freePort();
        QueueUpstream upstream =
                upstream(UpstreamSettings.of(ServerSettings.of(UpstreamAddress.of("127.0.0.1", port))));
        untilEjected(
                upstream,
                () -> assertThat(
                        failure(ended(upstream.call(request("GET", "/")))), is(UpstreamFailure.Kind.NOT_CONNECTED)));
        OracleUpstream unused = startOn(port, request -> response(200, "back"));
        // At once, though its time is not over
        assertThat(given(ended(upstream.call(request("GET", "/")))).status(), is(200));
    }

    @Test
    void where_all_are_left_out_one_call_tries_and_the_others_fail_at_once() throws Exception {
        AtomicBoolean breaks = new AtomicBoolean(true);
        CountDownLatch go = new CountDownLatch(1);
        toClose.add(go::countDown);
        OracleUpstream oracle = start(request -> {
            if (breaks.get()) {
                return NO_BODY;
            }
            go.await();
            return response(200, "back");
        });
        QueueUpstream upstream = upstream(settings(List.of(oracle)));
        untilEjected(
                upstream,
                () -> assertThat(failure(ended(upstream.call(request("POST", "/")))), is(UpstreamFailure.Kind.BROKEN)));
        breaks.set(false);
        CompletableFuture<UpstreamResult> trial = upstream.call(request("POST", "/trial"));
        await().until(() -> oracle.now() == 1);
        for (int i = 0; i < 5; i++) {
            CompletableFuture<UpstreamResult> other = upstream.call(request("POST", "/other"));
            assertThat(other.isDone(), is(true));
            assertThat(failure(other.get()), is(UpstreamFailure.Kind.NOT_CONNECTED));
        }
        go.countDown();
        given(ended(trial));
        given(ended(upstream.call(request("POST", "/next"))));
        assertThat(oracle.seen().stream().map(OracleUpstream.Seen::target).toList(), not(hasItem("/other")));
    }

    @Test
    void repeats_have_a_budget() throws Exception {
        int reserve = 10;
        int calls = 60;
        QueueUpstream upstream = upstreams.upstream(
                UpstreamSettings.of(ServerSettings.of(UpstreamAddress.of("127.0.0.1", freePort()))),
                Duration.ofSeconds(10),
                1);
        long begin = System.nanoTime();
        for (int i = 0; i < calls; i++) {
            assertThat(failure(ended(upstream.call(request("GET", "/")))), is(UpstreamFailure.Kind.NOT_CONNECTED));
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        long retries = upstream.figures().get(0).retries();
        assertThat(retries, is(greaterThanOrEqualTo((long) reserve)));
        assertThat((double) retries, is(lessThanOrEqualTo(reserve + 0.2 * calls + 5 * seconds)));
    }

    @Test
    void health_check_leaves_out_who_says_so_and_brings_back_who_is_well() throws Exception {
        AtomicBoolean well = new AtomicBoolean(true);
        OracleUpstream changing = start(request ->
                request.target().equals("/health") ? response(well.get() ? 200 : 503, "") : response(200, "changing"));
        OracleUpstream steady = start(request -> response(200, "steady"));
        QueueUpstream upstream = upstream(settings(List.of(changing, steady)).withHealthCheck(OFTEN));
        await().until(() -> asked(changing) > 2 && asked(steady) > 2);
        assertThat(upstream.figures().get(0).ejected(), is(false));

        well.set(false);
        await().until(() -> upstream.figures().get(0).ejected());
        int served = changing.seen().size() - asked(changing);
        for (int i = 0; i < 10; i++) {
            given(ended(upstream.call(request("GET", "/"))));
        }
        assertThat(changing.seen().size() - asked(changing), is(served));

        well.set(true);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !upstream.figures().get(0).ejected());
        // Checks are no calls
        assertThat(upstream.figures().get(0).calls(), is((long) served));
    }

    @Test
    void health_check_finds_a_killed_server_and_its_return_before_any_client_does() throws Exception {
        OracleUpstream killed = start(request -> response(200, "killed"));
        OracleUpstream steady = start(request -> response(200, "steady"));
        QueueUpstream upstream = upstream(settings(List.of(killed, steady)).withHealthCheck(OFTEN));
        await().until(() -> asked(killed) > 0);
        int port = killed.port();
        killed.close();
        await().until(() -> upstream.figures().get(0).ejected());
        OracleUpstream unused = startOn(port, request -> response(200, "back"));
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !upstream.figures().get(0).ejected());
        assertThat(upstream.figures().get(0).calls(), is(0L));
    }

    @Test
    void relative_redirect_stays_on_the_server_that_answered() throws Exception {
        OracleUpstream.Handler redirecting =
                request -> request.target().equals("/a") ? redirect("/b") : response(200, "b");
        List<OracleUpstream> oracles = List.of(start(redirecting), start(redirecting), start(redirecting));
        QueueUpstream upstream = upstream(settings(oracles));
        for (int i = 0; i < 20; i++) {
            given(ended(upstream.call(request("GET", "/a"))));
        }
        for (OracleUpstream oracle : oracles) {
            List<String> targets =
                    oracle.seen().stream().map(OracleUpstream.Seen::target).toList();
            assertThat(targets.stream().filter("/b"::equals).toList(), hasSize(targets.size() / 2));
        }
    }

    @Test
    void redirect_may_name_another_of_the_servers() throws Exception {
        OracleUpstream there = start(request -> response(200, "there"));
        OracleUpstream first = start(request -> redirect("http://127.0.0.1:" + there.port() + "/there"));
        QueueUpstream upstream = upstream(settings(List.of(first, there)));
        for (int i = 0; i < 10; i++) {
            assertThat(given(ended(upstream.call(request("GET", "/")))).body(), is(raw("there")));
        }
    }

    @Test
    void client_host_is_passed_on_where_that_is_wanted_but_not_to_other_hosts() throws Exception {
        OracleUpstream elsewhere = start(request -> response(200, "elsewhere"));
        OracleUpstream oracle = start(request -> switch (request.target()) {
            case "/away" -> redirect("http://127.0.0.1:" + elsewhere.port() + "/x");
            case "/again" -> redirect("http://front.example/ok");
            default -> response(200, "ok");
        });
        QueueUpstream upstream = upstream(settings(List.of(oracle))
                .withHost(HostPolicy.CLIENT)
                .withRedirectHosts(Set.of("127.0.0.1:" + elsewhere.port())));
        Headers headers = Headers.of("Host", "Front.Example", "X-A", "1");
        assertThat(given(ended(upstream.call(request("GET", "/away", headers)))).body(), is(raw("elsewhere")));
        assertThat(
                given(ended(upstream.call(request("GET", "/again", headers)))).body(), is(raw("ok")));
        assertThat(
                oracle.seen().stream().map(seen -> seen.all("Host")).toList(),
                is(List.of(List.of("Front.Example"), List.of("Front.Example"), List.of("Front.Example"))));
        assertThat(elsewhere.seen().get(0).all("Host"), is(List.of("127.0.0.1:" + elsewhere.port())));
    }

    @Test
    void cancelled_calls_are_over_and_say_nothing() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        toClose.add(never::countDown);
        OracleUpstream oracle = start(request -> {
            never.await();
            return NO_BODY;
        });
        QueueUpstream upstream = upstream(settings(List.of(oracle)));
        for (int i = 1; i <= 5; i++) {
            int soFar = i;
            CompletableFuture<UpstreamResult> call = upstream.call(request("POST", "/"));
            await().until(() -> oracle.seen().size() == soFar);
            call.cancel(false);
        }
        await().until(() -> upstream.figures().get(0).running() == 0);
        assertThat(upstream.figures().get(0).failures(), is(0L));
        assertThat(upstream.figures().get(0).ejected(), is(false));
    }

    @Test
    void failures_name_no_host() throws Exception {
        QueueUpstream upstream = upstream(UpstreamSettings.of(ServerSettings.of("unix:/secret-name/none.sock")));
        for (int i = 0; i < 5; i++) {
            UpstreamFailure failure = (UpstreamFailure) ended(upstream.call(request("GET", "/")));
            assertThat(failure.detail(), not(containsString("secret-name")));
        }
    }

    @Test
    void killed_server_costs_only_what_it_was_at() throws Exception {
        OracleUpstream killed = start(request -> response(200, "killed"));
        OracleUpstream steady = start(request -> response(200, "steady"));
        QueueUpstream upstream = upstream(settings(List.of(killed, steady)));
        for (int round = 0; round < 20; round++) {
            if (round == 10) {
                // A connection that is just being opened is broken by the kill, and its request not repeated
                int accepted = killed.accepted();
                await().during(Duration.ofMillis(200)).until(() -> killed.accepted() == accepted);
                killed.close();
            }
            List<CompletableFuture<UpstreamResult>> calls = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                calls.add(upstream.call(request("GET", "/" + round + "/" + i)));
            }
            for (CompletableFuture<UpstreamResult> call : calls) {
                given(ended(call));
            }
        }
        assertThat(upstream.figures().get(0).ejected(), is(true));
        Set<String> targets = new HashSet<>();
        killed.seen().forEach(seen -> targets.add(seen.target()));
        steady.seen().forEach(seen -> targets.add(seen.target()));
        assertThat(targets.size(), is(1000));
        // what the killed one had read and not answered is repeated, as a GET may be: one a connection at most
        assertThat(killed.seen().size() + steady.seen().size(), is(lessThan(1051)));
        assertThat(killed.seen().size(), is(lessThan(551)));
    }

    private OracleUpstream start(OracleUpstream.Handler handler) throws IOException {
        OracleUpstream oracle = OracleUpstream.start(handler);
        toClose.add(oracle);
        return oracle;
    }

    private OracleUpstream startOn(int port, OracleUpstream.Handler handler) throws IOException {
        OracleUpstream oracle = OracleUpstream.startOn(port, handler);
        toClose.add(oracle);
        return oracle;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static ServerSettings server(OracleUpstream oracle) {
        return ServerSettings.of(UpstreamAddress.of("127.0.0.1", oracle.port()));
    }

    private static UpstreamSettings settings(List<OracleUpstream> oracles) {
        return UpstreamSettings.of(oracles.stream().map(BalancingTest::server).toArray(ServerSettings[]::new));
    }

    private QueueUpstream upstream(UpstreamSettings settings) {
        return upstreams.upstream(settings, Duration.ofSeconds(20), 64);
    }

    private static void untilEjected(QueueUpstream upstream, Runnable call) {
        for (int calls = 0; !upstream.figures().get(0).ejected(); calls++) {
            assertThat(calls, is(lessThan(200)));
            call.run();
        }
    }

    private static int asked(OracleUpstream oracle) {
        return (int) oracle.seen().stream()
                .filter(seen -> seen.target().equals("/health"))
                .count();
    }

    private static UpstreamRequest request(String method, String target) {
        return request(method, target, Headers.EMPTY);
    }

    private static UpstreamRequest request(String method, String target, Headers headers) {
        return new UpstreamRequest(
                UpstreamAddress.of("any.invalid", 1),
                method,
                target,
                headers,
                method.equals("POST") ? raw("x") : NO_BODY,
                Instant.MAX);
    }

    private static UpstreamResult ended(CompletableFuture<UpstreamResult> call) {
        return call.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static UpstreamResponse given(UpstreamResult result) {
        assertThat(result, is(instanceOf(UpstreamResponse.class)));
        return (UpstreamResponse) result;
    }

    private static UpstreamFailure.Kind failure(UpstreamResult result) {
        assertThat(result, is(instanceOf(UpstreamFailure.class)));
        return ((UpstreamFailure) result).kind();
    }

    private static byte[] redirect(String location) {
        return response(302, "", "X-Thr-FollowRedirects: 1", "Location: " + location);
    }
}
