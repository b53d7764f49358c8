package io.thr.dispatcher.upstream;

import static io.thr.core.OracleUpstream.raw;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import io.thr.core.message.Headers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.frames.GoAwayFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.server.RawHTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Upstreams that speak HTTP/2, with TLS and without: real Jetty servers, some of which refuse streams. */
class Http2Test {

    @TempDir
    private static Path directory = Path.of("");

    private static TestCertificates certificates = new TestCertificates(directory);

    private final Upstreams upstreams = Upstreams.start(64, 16 << 20, InstantSource.system());
    private final List<AutoCloseable> toClose = new ArrayList<>();

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificates = new TestCertificates(directory);
        certificates.make("local", "EC", "DNS:localhost,IP:127.0.0.1");
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : toClose) {
            closeable.close();
        }
        upstreams.close();
    }

    @Test
    void requests_share_a_connection_with_tls() throws Exception {
        SecureUpstream server = secure(true);
        QueueUpstream upstream = upstream(trusted(server).withHttp2());
        UpstreamResponse response = given(call(upstream, request("PATCH", "/a?b=%20", raw("the body"))));
        assertThat(response.status(), is(200));
        assertThat(response.body(), is(raw("the body")));
        assertThat(response.headers().first("Seen-Protocol"), is("HTTP/2.0"));
        assertThat(response.headers().first("Seen-Method"), is("PATCH"));
        assertThat(response.headers().first("Seen-Host"), is("localhost:" + server.port()));
        assertThat(response.headers().first("Seen-Fields"), not(containsString("X-Hop")));
        List<CompletableFuture<UpstreamResult>> calls = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            calls.add(upstream.call(request("GET", "/" + i, new byte[0])));
        }
        for (CompletableFuture<UpstreamResult> call : calls) {
            given(ended(call));
        }
        ServerFigures figures = upstream.figures().get(0);
        assertThat(figures.calls(), is(21L));
        assertThat(figures.connectionsOpened(), is(1L));
        assertThat(figures.connectionsReused(), is(20L));
    }

    @Test
    void large_bodies_pass_both_ways() throws Exception {
        byte[] body = new byte[5 << 20];
        new Random(1).nextBytes(body);
        UpstreamResponse response =
                given(call(upstream(trusted(secure(true)).withHttp2()), request("POST", "/", body)));
        assertThat(Arrays.equals(response.body(), body), is(true));
    }

    @Test
    void client_host_becomes_the_authority_where_that_is_wanted() throws Exception {
        SecureUpstream server = secure(true);
        QueueUpstream upstream = upstreams.upstream(
                UpstreamSettings.of(trusted(server).withHttp2()).withHost(HostPolicy.CLIENT),
                Duration.ofSeconds(20),
                10);
        for (String host : List.of("front.example:8888", "front.example")) {
            UpstreamRequest request = new UpstreamRequest(
                    UpstreamAddress.of("any.invalid", 1),
                    "GET",
                    "/",
                    Headers.of("Host", host),
                    new byte[0],
                    Instant.MAX);
            assertThat(given(call(upstream, request)).headers().first("Seen-Host"), is(host));
        }
    }

    @Test
    void server_without_http2_is_not_connected() throws Exception {
        SecureUpstream server = secure(false);
        UpstreamFailure failure =
                (UpstreamFailure) call(upstream(trusted(server).withHttp2()), request("POST", "/", raw("x")));
        assertThat(failure.kind(), is(UpstreamFailure.Kind.NOT_CONNECTED));
        assertThat(server.requests(), is(0));
    }

    @Test
    void http1_is_spoken_with_a_server_that_could_do_both_where_nothing_is_said() throws Exception {
        UpstreamResponse response = given(call(upstream(trusted(secure(true))), request("GET", "/", new byte[0])));
        assertThat(response.headers().first("Seen-Protocol"), is("HTTP/1.1"));
    }

    @Test
    void without_tls_it_is_spoken_at_once() throws Exception {
        RawServer server = streams((stream, number) -> RawServer.answer(stream));
        UpstreamResponse response = given(call(upstream(server.settings()), request("GET", "/", new byte[0])));
        assertThat(response.status(), is(200));
    }

    @Test
    void refused_stream_is_tried_again_even_where_it_may_not_be_repeated() throws Exception {
        RawServer server = streams((stream, number) -> {
            if (number == 1) {
                stream.reset(new ResetFrame(stream.getId(), ErrorCode.REFUSED_STREAM_ERROR.code), Callback.NOOP);
            } else {
                RawServer.answer(stream);
            }
        });
        QueueUpstream upstream = upstream(server.settings());
        UpstreamResponse response = given(call(upstream, request("POST", "/", raw("x"))));
        assertThat(response.status(), is(200));
        assertThat(server.targets(), hasSize(2));
        assertThat(upstream.figures().get(0).retries(), is(1L));
        assertThat(upstream.figures().get(0).failures(), is(0L));
    }

    @Test
    void stream_that_came_after_the_last_of_a_goaway_is_tried_again() throws Exception {
        RawServer server = streams((stream, number) -> {
            if (number == 1) {
                ((HTTP2Session) stream.getSession())
                        .goAway(new GoAwayFrame(0, ErrorCode.NO_ERROR.code, raw("bye")), Callback.NOOP);
            } else {
                RawServer.answer(stream);
            }
        });
        UpstreamResponse response = given(call(upstream(server.settings()), request("POST", "/", raw("x"))));
        assertThat(response.status(), is(200));
        assertThat(server.targets(), hasSize(2));
    }

    @Test
    void stream_that_is_reset_otherwise_is_broken_and_not_sent_again() throws Exception {
        RawServer server = streams((stream, number) ->
                stream.reset(new ResetFrame(stream.getId(), ErrorCode.INTERNAL_ERROR.code), Callback.NOOP));
        UpstreamFailure failure = (UpstreamFailure) call(upstream(server.settings()), request("POST", "/", raw("x")));
        assertThat(failure.kind(), is(UpstreamFailure.Kind.BROKEN));
        assertThat(server.targets(), hasSize(1));
    }

    @Test
    void connection_that_is_cut_is_broken_and_nothing_sent_again() throws Exception {
        RawServer server = streams((stream, number) ->
                ((HTTP2Session) stream.getSession()).getEndPoint().close());
        UpstreamFailure failure = (UpstreamFailure) call(upstream(server.settings()), request("POST", "/", raw("x")));
        assertThat(failure.kind(), is(UpstreamFailure.Kind.BROKEN));
        assertThat(server.targets(), hasSize(1));
    }

    @Test
    void refusing_server_gets_no_more_than_its_share_of_tries() throws Exception {
        RawServer server = streams((stream, number) ->
                stream.reset(new ResetFrame(stream.getId(), ErrorCode.REFUSED_STREAM_ERROR.code), Callback.NOOP));
        UpstreamFailure failure = (UpstreamFailure) call(upstream(server.settings()), request("POST", "/", raw("x")));
        assertThat(failure.kind(), is(UpstreamFailure.Kind.REFUSED));
        assertThat(server.targets(), hasSize(2));
    }

    @Test
    void cancelled_call_resets_its_stream() throws Exception {
        AtomicInteger resets = new AtomicInteger();
        RawServer server = streams((stream, number) -> {}, resets);
        CompletableFuture<UpstreamResult> call = upstream(server.settings()).call(request("GET", "/", new byte[0]));
        await().until(() -> server.targets().size() == 1);
        call.cancel(false);
        await().until(() -> resets.get() == 1);
    }

    @Test
    void interim_responses_are_told_before_the_response() throws Exception {
        RawServer server = streams((stream, number) -> {
            var unused = RawServer.interim(stream, 102)
                    .thenCompose(done -> RawServer.interim(stream, 103))
                    .thenRun(() -> RawServer.answer(stream));
        });
        List<String> told = new CopyOnWriteArrayList<>();
        UpstreamRequest request = new UpstreamRequest(
                UpstreamAddress.of("any.invalid", 1),
                "GET",
                "/",
                Headers.EMPTY,
                new byte[0],
                null,
                Instant.MAX,
                true,
                interim -> told.add(interim.status() + " " + interim.headers().first("X-Number")));
        assertThat(given(call(upstream(server.settings()), request)).status(), is(200));
        assertThat(told, is(List.of("102 102", "103 103")));
    }

    private SecureUpstream secure(boolean http2) throws Exception {
        SecureUpstream server = SecureUpstream.start(certificates.load("local"), null, http2);
        toClose.add(server);
        return server;
    }

    private static ServerSettings trusted(SecureUpstream server) {
        return server.at("localhost").withTls(TlsSettings.DEFAULT.withTrust(certificates.certificate("local")));
    }

    private RawServer streams(RawServer.Reaction reaction) throws Exception {
        return streams(reaction, new AtomicInteger());
    }

    private RawServer streams(RawServer.Reaction reaction, AtomicInteger resets) throws Exception {
        RawServer server = RawServer.start(reaction, resets);
        toClose.add(server);
        return server;
    }

    private QueueUpstream upstream(ServerSettings server) {
        return upstreams.upstream(UpstreamSettings.of(server), Duration.ofSeconds(20), 10);
    }

    private static UpstreamRequest request(String method, String target, byte[] body) {
        return new UpstreamRequest(
                UpstreamAddress.of("any.invalid", 1),
                method,
                target,
                Headers.of("Connection", "X-Hop", "X-Hop", "1", "X-A", "2", "Host", "front.example"),
                body,
                Instant.MAX);
    }

    private static UpstreamResult call(QueueUpstream upstream, UpstreamRequest request) {
        return ended(upstream.call(request));
    }

    private static UpstreamResult ended(CompletableFuture<UpstreamResult> call) {
        return call.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static UpstreamResponse given(UpstreamResult result) {
        assertThat(String.valueOf(result), result, is(instanceOf(UpstreamResponse.class)));
        return (UpstreamResponse) result;
    }

    /** A server that speaks HTTP/2 without TLS and leaves each stream to the test. */
    static final class RawServer implements AutoCloseable {

        private final Server server = new Server();
        private final ServerConnector connector;
        private final List<String> targets = new CopyOnWriteArrayList<>();

        /** What a test does with a stream: the number tells the how many-eth it is. */
        interface Reaction {

            void to(Stream stream, int number);
        }

        private RawServer(Reaction reaction, AtomicInteger resets) {
            ServerSessionListener listener = new ServerSessionListener() {
                @Override
                public Stream.@Nullable Listener onNewStream(Stream stream, HeadersFrame frame) {
                    MetaData.Request request = (MetaData.Request) frame.getMetaData();
                    targets.add(request.getHttpURI().getPathQuery());
                    reaction.to(stream, targets.size());
                    return new Stream.Listener() {
                        @Override
                        public void onReset(Stream reset, ResetFrame why, Callback callback) {
                            resets.incrementAndGet();
                            callback.succeeded();
                        }
                    };
                }
            };
            connector =
                    new ServerConnector(server, new RawHTTP2ServerConnectionFactory(new HttpConfiguration(), listener));
            connector.setHost("127.0.0.1");
            server.addConnector(connector);
        }

        static RawServer start(Reaction reaction, AtomicInteger resets) throws Exception {
            RawServer raw = new RawServer(reaction, resets);
            raw.server.start();
            return raw;
        }

        static void answer(Stream stream) {
            MetaData.Response response = new MetaData.Response(200, "OK", HttpVersion.HTTP_2, HttpFields.EMPTY);
            stream.headers(new HeadersFrame(stream.getId(), response, null, true), Callback.NOOP);
        }

        static CompletableFuture<Void> interim(Stream stream, int status) {
            HttpFields fields = HttpFields.build().add("X-Number", String.valueOf(status));
            MetaData.Response response = new MetaData.Response(status, null, HttpVersion.HTTP_2, fields);
            Callback.Completable written = new Callback.Completable();
            stream.headers(new HeadersFrame(stream.getId(), response, null, false), written);
            return written;
        }

        List<String> targets() {
            return targets;
        }

        ServerSettings settings() {
            return ServerSettings.of("http://127.0.0.1:" + connector.getLocalPort())
                    .withHttp2();
        }

        @Override
        public void close() throws Exception {
            server.stop();
        }
    }
}
