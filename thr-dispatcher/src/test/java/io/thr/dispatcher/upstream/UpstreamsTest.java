package io.thr.dispatcher.upstream;

import static io.thr.core.OracleUpstream.raw;
import static io.thr.core.OracleUpstream.response;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;

import io.thr.core.OracleUpstream;
import io.thr.core.OracleUpstream.Seen;
import io.thr.core.message.Headers;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamsTest {

    private static final int MAX_BODY = 16 * 1024 * 1024;
    private static final byte[] NO_BODY = {};

    private final Upstreams upstreams = Upstreams.start(64, MAX_BODY, InstantSource.system());
    private final List<AutoCloseable> toClose = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : toClose) {
            closeable.close();
        }
        upstreams.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/a%20b;x=1//c/../d?q=a&q=b&&empty=&=x&pct=100%",
                "/%2F?%zz%",
                "/caf\u00e9?n=\u00e9\u00ff",
                "/?",
                "/a?b?c",
                "/:x@y/[z]|{}^`\\\"<>"
            })
    void target_arrives_byte_by_byte(String target) throws Exception {
        OracleUpstream oracle = start(request -> response(200, "ok"));
        call(oracle, "GET", target, Headers.EMPTY, NO_BODY);
        assertThat(oracle.seen().get(0).target(), is(target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PROPFIND", "get", "M-SEARCH", "OPTIONS", "TRACE", "DELETE"})
    void method_arrives_as_it_is(String method) throws Exception {
        OracleUpstream oracle = start(request -> response(200, "ok"));
        UpstreamResponse response = given(call(oracle, method, "/", Headers.EMPTY, NO_BODY));
        assertThat(oracle.seen().get(0).method(), is(method));
        assertThat(response.status(), is(200));
    }

    @Test
    void nothing_is_added_but_the_host() throws Exception {
        OracleUpstream oracle = start(request -> response(200, "ok"));
        call(oracle, "GET", "/", Headers.of("X-A", "1", "x-a", "2", "X-Bytes", "caf\u00e9\u00ff"), NO_BODY);
        assertThat(
                oracle.seen().get(0).head(),
                is("GET / HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\nX-Bytes: caf\u00e9\u00ff\r\nHost: 127.0.0.1:" + oracle.port()
                        + "\r\n\r\n"));
    }

    @Test
    void fields_of_the_connection_stay_behind() throws Exception {
        OracleUpstream oracle = start(request -> response(
                200,
                "ok",
                "Connection: X-Mine, keep-alive",
                "X-Mine: 1",
                "Keep-Alive: timeout=5",
                "Proxy-Authenticate: Basic",
                "Trailer: X",
                "X-Stays: yes"));
        Headers sent = Headers.of(
                "Connection", "close, X-Hop",
                "X-Hop", "1",
                "TE", "trailers",
                "Upgrade", "websocket",
                "Transfer-Encoding", "chunked",
                "Proxy-Connection", "keep-alive",
                "Expect", "100-continue",
                "Host", "front.example",
                "Content-Length", "99",
                "X-Kept", "yes");
        UpstreamResponse response = given(call(oracle, "POST", "/", sent, raw("abc")));
        assertThat(
                oracle.seen().get(0).head(),
                is("POST / HTTP/1.1\r\nX-Kept: yes\r\nHost: 127.0.0.1:" + oracle.port()
                        + "\r\nContent-Length: 3\r\n\r\n"));
        assertThat(response.headers(), is(Headers.of("X-Stays", "yes", "Content-Length", "2")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PATCH"})
    void method_with_a_body_says_that_there_is_none(String method) throws Exception {
        OracleUpstream oracle = start(request -> response(200, "ok"));
        call(oracle, method, "/", Headers.EMPTY, NO_BODY);
        call(oracle, method, "/", Headers.of("Content-Type", "text/plain"), NO_BODY);
        Seen plain = oracle.seen().get(0);
        assertThat(plain.all("Content-Length"), contains("0"));
        assertThat(plain.all("Transfer-Encoding"), is(empty()));
        assertThat(plain.all("Content-Type"), is(empty()));
        assertThat(oracle.seen().get(1).all("Content-Length"), contains("0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "DELETE", "POST", "PROPFIND"})
    void any_method_may_have_a_body(String method) throws Exception {
        OracleUpstream oracle = start(request -> response(200, request.body()));
        UpstreamResponse response = given(call(oracle, method, "/", Headers.EMPTY, raw("the body")));
        assertThat(oracle.seen().get(0).body(), is(raw("the body")));
        assertThat(oracle.seen().get(0).all("Content-Type"), is(empty()));
        assertThat(response.body(), is(raw("the body")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1024, 65_536, 10 * 1024 * 1024})
    void body_is_the_same_both_ways(int size) throws Exception {
        byte[] body = new byte[size];
        new Random(size).nextBytes(body);
        OracleUpstream oracle = start(request -> response(200, request.body()));
        UpstreamResponse response = given(call(oracle, "POST", "/", Headers.EMPTY, body));
        // Not as matchers: nobody wants to read ten million numbers
        assertThat(Arrays.equals(oracle.seen().get(0).body(), body), is(true));
        assertThat(Arrays.equals(response.body(), body), is(true));
    }

    @Test
    void compressed_body_passes_untouched() throws Exception {
        OracleUpstream oracle = start(request -> response(200, "not gzip at all", "Content-Encoding: gzip"));
        UpstreamResponse response = given(call(oracle, "GET", "/", Headers.EMPTY, NO_BODY));
        assertThat(response.body(), is(raw("not gzip at all")));
        assertThat(response.headers().first("Content-Encoding"), is("gzip"));
    }

    @Test
    void chunks_are_put_together_and_both_framings_are_dropped() throws Exception {
        OracleUpstream oracle = start(
                request -> raw(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"));
        UpstreamResponse response = given(call(oracle, "GET", "/", Headers.EMPTY, NO_BODY));
        assertThat(response.body(), is(raw("hello world")));
        assertThat(response.headers(), is(Headers.of("X-A", "1")));
    }

    @Test
    void response_to_head_keeps_its_length() throws Exception {
        OracleUpstream oracle = start(request -> raw("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"));
        UpstreamResponse response = given(call(oracle, "HEAD", "/", Headers.EMPTY, NO_BODY));
        assertThat(response.headers().first("Content-Length"), is("1234"));
        assertThat(response.body(), is(NO_BODY));
    }

    @Test
    void values_keep_their_case_and_cookies_stay_apart() throws Exception {
        AtomicInteger count = new AtomicInteger();
        OracleUpstream oracle = start(request -> response(
                200,
                "ok",
                "Set-Cookie: a=1; Path=/; Expires=Wed, 09 Jun 2027 10:18:14 GMT",
                "Set-Cookie: b=2",
                count.incrementAndGet() == 1 ? "ETag: \"abc\"" : "ETag: \"ABC\"",
                "Content-Type: Text/Plain;Charset=UTF-8",
                "X-Bytes: caf\u00e9\u00ff"));
        call(oracle, "GET", "/", Headers.EMPTY, NO_BODY);
        Headers headers =
                given(call(oracle, "GET", "/", Headers.EMPTY, NO_BODY)).headers();
        assertThat(headers.all("Set-Cookie"), contains("a=1; Path=/; Expires=Wed, 09 Jun 2027 10:18:14 GMT", "b=2"));
        assertThat(headers.first("ETag"), is("\"ABC\""));
        assertThat(headers.first("Content-Type"), is("Text/Plain;Charset=UTF-8"));
        assertThat(headers.first("X-Bytes"), is("caf\u00e9\u00ff"));
        assertThat(oracle.seen().get(1).all("Cookie"), is(empty()));
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 302, 304, 401, 404, 407, 500, 503, 599})
    void status_is_the_clients(int status) throws Exception {
        OracleUpstream oracle = start(request -> raw("HTTP/1.1 " + status
                + " X\r\nLocation: /elsewhere\r\n" + (status == 204 || status == 304 ? "" : "Content-Length: 0\r\n")
                + "\r\n"));
        UpstreamResponse response = given(call(oracle, "GET", "/", Headers.EMPTY, NO_BODY));
        assertThat(response.status(), is(status));
        assertThat(oracle.seen(), hasSize(1));
    }

    @Test
    void interim_responses_are_skipped() throws Exception {
        OracleUpstream oracle = start(request ->
                raw("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        assertThat(given(call(oracle, "GET", "/", Headers.EMPTY, NO_BODY)).body(), is(raw("ok")));
    }

    @Test
    void switching_protocols_is_no_response() throws Exception {
        OracleUpstream oracle =
                start(request -> raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"));
        assertThat(failure(call(oracle, "GET", "/", Headers.EMPTY, NO_BODY)), is(UpstreamFailure.Kind.BROKEN));
    }

    @Test
    void unix_socket_is_an_upstream() throws Exception {
        Path directory = Files.createTempDirectory("thr");
        Path socket = directory.resolve("s");
        toClose.add(() -> {
            Files.deleteIfExists(socket);
            Files.deleteIfExists(directory);
        });
        OracleUpstream oracle = OracleUpstream.startOn(socket, request -> response(200, "from the socket"));
        toClose.add(0, oracle);
        UpstreamAddress address = UpstreamAddress.of(socket.toString(), 8082);
        UpstreamResult result = ended(upstream(address).call(request(address, "GET", "/x", Headers.EMPTY, NO_BODY)));
        assertThat(given(result).body(), is(raw("from the socket")));
        assertThat(oracle.seen().get(0).all("Host"), contains("localhost:8082"));
    }

    @Test
    void refused_connection_is_tried_once_more() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        UpstreamAddress address = UpstreamAddress.of("127.0.0.1", port);
        long begin = System.nanoTime();
        UpstreamResult result = ended(upstream(address).call(request(address, "POST", "/", Headers.EMPTY, raw("x"))));
        assertThat(failure(result), is(UpstreamFailure.Kind.NOT_CONNECTED));
        assertThat(Duration.ofNanos(System.nanoTime() - begin), is(not(lessThan(Duration.ofMillis(100)))));
    }

    @Test
    void unknown_host_is_not_connected() throws Exception {
        UpstreamAddress address = UpstreamAddress.of("no_such_host.invalid", 80);
        UpstreamResult result = ended(upstream(address).call(request(address, "GET", "/", Headers.EMPTY, NO_BODY)));
        assertThat(failure(result), is(UpstreamFailure.Kind.NOT_CONNECTED));
    }

    @Test
    void upstream_that_dies_executes_once() throws Exception {
        OracleUpstream oracle = start(request -> NO_BODY);
        assertThat(failure(call(oracle, "POST", "/", Headers.EMPTY, raw("x"))), is(UpstreamFailure.Kind.BROKEN));
        assertThat(oracle.seen(), hasSize(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
                "complete rubbish\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            })
    void half_a_response_or_rubbish_is_broken(String answer) throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        OracleUpstream oracle = start(request -> {
            answered.countDown();
            return raw(answer);
        });
        CompletableFuture<UpstreamResult> call = send(oracle, "GET", "/", Headers.EMPTY, NO_BODY);
        assertThat(answered.await(5, TimeUnit.SECONDS), is(true));
        await().pollInSameThread().until(() -> {
            oracle.hangUp();
            return call.isDone();
        });
        assertThat(failure(call.get()), is(UpstreamFailure.Kind.BROKEN));
    }

    @Test
    void stale_connection_is_replaced_for_what_may_be_repeated() throws Exception {
        AtomicInteger count = new AtomicInteger();
        OracleUpstream oracle = start(request -> count.incrementAndGet() == 2 ? NO_BODY : response(200, "ok"));
        call(oracle, "GET", "/first", Headers.EMPTY, NO_BODY);
        assertThat(given(call(oracle, "GET", "/second", Headers.EMPTY, NO_BODY)).status(), is(200));
        assertThat(oracle.seen(), hasSize(3));
    }

    @Test
    void stale_connection_ends_what_may_not_be_repeated() throws Exception {
        AtomicInteger count = new AtomicInteger();
        OracleUpstream oracle = start(request -> count.incrementAndGet() == 2 ? NO_BODY : response(200, "ok"));
        call(oracle, "GET", "/first", Headers.EMPTY, NO_BODY);
        assertThat(
                failure(call(oracle, "POST", "/second", Headers.EMPTY, raw("x"))),
                is(UpstreamFailure.Kind.STALE_CONNECTION));
        assertThat(oracle.seen(), hasSize(2));
    }

    @Test
    void call_ends_at_its_timeout() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        toClose.add(never::countDown);
        OracleUpstream oracle = start(request -> {
            never.await();
            return NO_BODY;
        });
        Upstream hasty = upstreams.upstream(settings(address(oracle)), Duration.ofMillis(200), 64);
        long begin = System.nanoTime();
        UpstreamResult result = ended(hasty.call(request(address(oracle), "GET", "/", Headers.EMPTY, NO_BODY)));
        assertThat(failure(result), is(UpstreamFailure.Kind.TIMED_OUT));
        assertThat(Duration.ofNanos(System.nanoTime() - begin), is(lessThan(Duration.ofSeconds(3))));
    }

    @Test
    void passed_deadline_calls_nobody() throws Exception {
        OracleUpstream oracle = start(request -> response(200, "ok"));
        UpstreamRequest late =
                request(address(oracle), "GET", "/", Headers.EMPTY, NO_BODY).until(Instant.now());
        assertThat(failure(ended(upstream(address(oracle)).call(late))), is(UpstreamFailure.Kind.TIMED_OUT));
        assertThat(oracle.seen(), is(empty()));
    }

    @Test
    void cancelled_call_closes_its_connection() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        toClose.add(never::countDown);
        OracleUpstream oracle = start(request -> {
            never.await();
            return NO_BODY;
        });
        CompletableFuture<UpstreamResult> call = send(oracle, "POST", "/", Headers.EMPTY, raw("x"));
        await().until(() -> oracle.now() == 1);
        assertThat(call.cancel(false), is(true));
        assertThat(call.isCancelled(), is(true));
        // The client uses its connections again: a new one shows that the first is gone
        CompletableFuture<UpstreamResult> next = send(oracle, "POST", "/", Headers.EMPTY, raw("x"));
        await().until(() -> oracle.accepted() == 2);
        next.cancel(false);
    }

    @Test
    void announced_body_that_is_too_large_is_refused_at_once() throws Exception {
        OracleUpstream oracle =
                start(request -> raw("HTTP/1.1 200 OK\r\nContent-Length: " + (MAX_BODY + 1) + "\r\n\r\n"));
        assertThat(failure(call(oracle, "GET", "/", Headers.EMPTY, NO_BODY)), is(UpstreamFailure.Kind.TOO_LARGE));
    }

    @Test
    void body_that_grows_too_large_is_refused() throws Exception {
        byte[] chunks = raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + "x".repeat(MAX_BODY + 1));
        OracleUpstream oracle = start(request -> chunks);
        assertThat(failure(call(oracle, "GET", "/", Headers.EMPTY, NO_BODY)), is(UpstreamFailure.Kind.TOO_LARGE));
    }

    @Test
    void large_header_section_is_sent() throws Exception {
        OracleUpstream oracle = start(request -> response(200, "ok"));
        String value = "v".repeat(30_000);
        call(oracle, "GET", "/", Headers.of("X-Large", value), NO_BODY);
        assertThat(oracle.seen().get(0).all("X-Large"), contains(value));
    }

    @Test
    void redirects_are_followed_where_the_upstream_asks_for_it() throws Exception {
        OracleUpstream oracle = start(request -> switch (request.target()) {
            case "/dir/a?q=1" -> redirect(307, "b?r=%20");
            case "/dir/b?r=%20" -> redirect(301, "../c");
            default -> response(200, request.body());
        });
        UpstreamResponse response = given(call(oracle, "POST", "/dir/a?q=1", Headers.of("X-A", "1"), raw("kept")));
        assertThat(response.body(), is(raw("kept")));
        assertThat(
                oracle.seen().stream()
                        .map(seen -> seen.method() + " " + seen.target())
                        .toList(),
                contains("POST /dir/a?q=1", "POST /dir/b?r=%20", "POST /c"));
        assertThat(oracle.seen().get(2).all("X-A"), contains("1"));
    }

    @Test
    void redirect_without_the_field_is_the_clients() throws Exception {
        OracleUpstream oracle = start(request -> response(302, "", "Location: /b"));
        assertThat(given(call(oracle, "GET", "/a", Headers.EMPTY, NO_BODY)).status(), is(302));
    }

    @Test
    void ten_redirects_are_followed() throws Exception {
        OracleUpstream oracle = start(request -> {
            int hop = Integer.parseInt(request.target().substring(1));
            return hop == 10 ? response(200, "there") : redirect(302, "/" + (hop + 1));
        });
        assertThat(given(call(oracle, "GET", "/0", Headers.EMPTY, NO_BODY)).body(), is(raw("there")));
    }

    @Test
    void endless_redirects_end() throws Exception {
        OracleUpstream oracle = start(request -> redirect(308, "/again"));
        assertThat(
                failure(call(oracle, "GET", "/", Headers.EMPTY, NO_BODY)), is(UpstreamFailure.Kind.TOO_MANY_REDIRECTS));
        assertThat(oracle.seen(), hasSize(11));
    }

    @Test
    void redirect_elsewhere_is_the_clients_unless_listed() throws Exception {
        OracleUpstream elsewhere = start(request -> response(200, "elsewhere"));
        OracleUpstream oracle = start(request -> redirect(302, "http://127.0.0.1:" + elsewhere.port() + "/x?y=z"));

        UpstreamResponse unlisted = given(call(oracle, "GET", "/", Headers.EMPTY, NO_BODY));
        assertThat(unlisted.status(), is(302));
        assertThat(unlisted.headers().first("Location"), containsString("/x?y=z"));
        assertThat(elsewhere.seen(), is(empty()));

        Upstream listing = upstreams.upstream(
                settings(address(oracle)).withRedirectHosts(Set.of("127.0.0.1:" + elsewhere.port())),
                Duration.ofSeconds(5),
                64);
        UpstreamResult listed = ended(listing.call(request(address(oracle), "GET", "/", Headers.EMPTY, NO_BODY)));
        assertThat(given(listed).body(), is(raw("elsewhere")));
        assertThat(elsewhere.seen().get(0).all("Host"), contains("127.0.0.1:" + elsewhere.port()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://127.0.0.1/", "ftp://x/", "http://[broken", "//evil.example/x", ""})
    void redirect_that_cannot_be_followed_is_the_clients(String location) throws Exception {
        OracleUpstream oracle = start(request -> redirect(302, location));
        UpstreamResult result = call(oracle, "GET", "/", Headers.EMPTY, NO_BODY);
        if (location.isEmpty()) {
            // An empty Location is a relative one to the same place
            assertThat(failure(result), is(UpstreamFailure.Kind.TOO_MANY_REDIRECTS));
        } else {
            assertThat(given(result).status(), is(302));
        }
    }

    @Test
    void many_calls_at_a_time_do_not_mix() throws Exception {
        OracleUpstream oracle = start(request -> response(200, request.body()));
        List<CompletableFuture<UpstreamResult>> calls = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            calls.add(send(oracle, "POST", "/" + i, Headers.EMPTY, raw("body " + i)));
        }
        for (int i = 0; i < calls.size(); i++) {
            assertThat(given(ended(calls.get(i))).body(), is(raw("body " + i)));
        }
    }

    private OracleUpstream start(OracleUpstream.Handler handler) throws IOException {
        OracleUpstream oracle = OracleUpstream.start(handler);
        toClose.add(oracle);
        return oracle;
    }

    private Upstream upstream(UpstreamAddress address) {
        return upstreams.upstream(settings(address), Duration.ofSeconds(10), 64);
    }

    private static UpstreamSettings settings(UpstreamAddress address) {
        return UpstreamSettings.of(ServerSettings.of(address));
    }

    private UpstreamResult call(OracleUpstream oracle, String method, String target, Headers headers, byte[] body)
            throws Exception {
        return ended(send(oracle, method, target, headers, body));
    }

    private CompletableFuture<UpstreamResult> send(
            OracleUpstream oracle, String method, String target, Headers headers, byte[] body) {
        return upstream(address(oracle)).call(request(address(oracle), method, target, headers, body));
    }

    private static UpstreamAddress address(OracleUpstream oracle) {
        return UpstreamAddress.of("127.0.0.1", oracle.port());
    }

    private static UpstreamRequest request(
            UpstreamAddress address, String method, String target, Headers headers, byte[] body) {
        return new UpstreamRequest(address, method, target, headers, body, Instant.MAX);
    }

    private static UpstreamResult ended(CompletableFuture<UpstreamResult> call) throws Exception {
        return call.get(20, TimeUnit.SECONDS);
    }

    private static UpstreamResponse given(UpstreamResult result) {
        assertThat(result, is(instanceOf(UpstreamResponse.class)));
        return (UpstreamResponse) result;
    }

    private static UpstreamFailure.Kind failure(UpstreamResult result) {
        assertThat(result, is(instanceOf(UpstreamFailure.class)));
        return ((UpstreamFailure) result).kind();
    }

    private static byte[] redirect(int status, String location) {
        return response(status, "", "X-Thr-FollowRedirects: 1", "Location: " + location);
    }
}
