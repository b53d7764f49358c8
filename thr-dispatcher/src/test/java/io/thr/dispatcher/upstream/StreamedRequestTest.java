package io.thr.dispatcher.upstream;

import static io.thr.core.OracleUpstream.raw;
import static io.thr.core.OracleUpstream.response;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.OracleUpstream;
import io.thr.core.body.BodySource;
import io.thr.core.body.BrokenBodyException;
import io.thr.core.body.Piece;
import io.thr.core.message.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that come while they are sent: no upstream sees half of one as a whole, or a request that was begun twice. */
class StreamedRequestTest {

    private final Upstreams upstreams = Upstreams.start(64, 1 << 20, InstantSource.system());
    private final List<AutoCloseable> toClose = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : toClose) {
            closeable.close();
        }
        upstreams.close();
    }

    /** Gives these pieces, then what the test says. */
    private static final class Source implements BodySource {

        private final Queue<String> pieces = new ArrayDeque<>();
        private final CompletableFuture<Piece> last;
        final CompletableFuture<Source> asked = new CompletableFuture<>();
        final AtomicInteger cancelled = new AtomicInteger();

        Source(CompletableFuture<Piece> last, String... pieces) {
            this.last = last;
            this.pieces.addAll(List.of(pieces));
        }

        static Source whole(String... pieces) {
            return new Source(CompletableFuture.completedFuture(Piece.End.PLAIN), pieces);
        }

        @Override
        public synchronized CompletableFuture<Piece> next() {
            asked.complete(this);
            String piece = pieces.poll();
            return piece == null ? last : CompletableFuture.completedFuture(new Piece.Data(raw(piece)));
        }

        @Override
        public void cancel() {
            cancelled.incrementAndGet();
            last.completeExceptionally(new CancellationException("cancelled"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT"})
    void server_that_cannot_be_connected_leaves_the_body_to_another(String method) throws Exception {
        for (int i = 0; i < 6; i++) {
            // each time two other servers, as chance says which of them comes first
            OracleUpstream there = start(request -> response(200, request.body()));
            QueueUpstream upstream =
                    upstream(ServerSettings.of(UpstreamAddress.of("127.0.0.1", freePort())), at(there));
            Source body = Source.whole("first ", "second");
            UpstreamResult result = call(upstream, request(method, body, 12));
            assertThat(result, is(instanceOf(UpstreamResponse.class)));
            assertThat(((UpstreamResponse) result).body(), is(raw("first second")));
            assertThat(there.seen(), hasSize(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT"})
    void connection_that_had_been_closed_costs_the_request_that_was_begun(String method) throws Exception {
        AtomicInteger count = new AtomicInteger();
        OracleUpstream oracle = start(request -> count.incrementAndGet() == 2 ? new byte[0] : response(200, "ok"));
        QueueUpstream upstream = upstream(at(oracle));
        call(upstream, request("GET", null, -1));
        UpstreamResult result = call(upstream, request(method, Source.whole("body"), 4));
        assertThat(kind(result), is(UpstreamFailure.Kind.STALE_CONNECTION));
        assertThat(oracle.seen(), hasSize(2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT"})
    void request_that_was_refused_is_not_sent_again_with_the_rest_of_its_body(String method) throws Exception {
        Source body = new Source(new CompletableFuture<>(), "some");
        Http2Test.RawServer server = Http2Test.RawServer.start(
                (stream, number) -> {
                    var unused = body.asked.thenRun(() -> stream.reset(
                            new ResetFrame(stream.getId(), ErrorCode.REFUSED_STREAM_ERROR.code), Callback.NOOP));
                },
                new AtomicInteger());
        toClose.add(server);
        UpstreamResult result = call(upstream(server.settings()), request(method, body, -1));
        assertThat(kind(result), is(UpstreamFailure.Kind.REFUSED));
        assertThat(server.targets(), hasSize(1));
        assertThat(body.cancelled.get() > 0, is(true));
    }

    @Test
    void body_that_breaks_off_is_not_whole_for_the_upstream() throws Exception {
        for (long length : new long[] {-1, 100}) {
            CompletableFuture<Piece> broken = new CompletableFuture<>();
            try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
                QueueUpstream upstream =
                        upstream(ServerSettings.of(UpstreamAddress.of("127.0.0.1", listener.getLocalPort())));
                CompletableFuture<UpstreamResult> call =
                        upstream.call(request("POST", new Source(broken, "some"), length));
                try (Socket socket = listener.accept()) {
                    socket.setSoTimeout(20_000);
                    StringBuilder seen = new StringBuilder(readUntil(socket.getInputStream(), "some"));
                    broken.completeExceptionally(new BrokenBodyException("the client has left"));
                    seen.append(rest(socket.getInputStream()));
                    assertThat(seen.toString(), startsWith("POST / HTTP/1.1\r\n"));
                    assertThat(
                            seen.toString(),
                            containsString(length < 0 ? "Transfer-Encoding: chunked" : "Content-Length: 100"));
                    assertThat(seen.toString(), not(endsWith("0\r\n\r\n")));
                    assertThat(ended(call), is(instanceOf(UpstreamFailure.class)));
                }
            }
        }
    }

    @Test
    void what_was_asked_for_is_lent_to_nobody_else() {
        Source body = Source.whole("some");
        LentBody untouched = new LentBody(body);
        untouched.cancel();
        assertThat(untouched.takeBack(), is(true));
        assertThrows(CancellationException.class, () -> untouched.next().join());
        assertThat(body.asked.isDone(), is(false));
        assertThat(body.cancelled.get(), is(0));

        LentBody taken = new LentBody(body);
        taken.next().join();
        assertThat(taken.takeBack(), is(false));
        taken.cancel();
        assertThat(body.cancelled.get(), is(1));
    }

    private static String readUntil(InputStream in, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            int c = in.read();
            if (c < 0) {
                throw new IOException("the end came after: " + text);
            }
            text.append((char) c);
        }
        return text.toString();
    }

    /** Up to the end, in order or not. */
    private static String rest(InputStream in) {
        StringBuilder text = new StringBuilder();
        try {
            for (int c = in.read(); c >= 0; c = in.read()) {
                text.append((char) c);
            }
        } catch (IOException e) {
            text.append(" and was reset");
        }
        return text.toString();
    }

    private OracleUpstream start(OracleUpstream.Handler handler) throws IOException {
        OracleUpstream oracle = OracleUpstream.start(handler);
        toClose.add(oracle);
        return oracle;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static ServerSettings at(OracleUpstream oracle) {
        return ServerSettings.of(UpstreamAddress.of("127.0.0.1", oracle.port()));
    }

    private QueueUpstream upstream(ServerSettings... servers) {
        return upstreams.upstream(UpstreamSettings.of(servers), Duration.ofSeconds(20), 10);
    }

    /** With a body that follows, of that length where it is not -1. */
    private static UpstreamRequest request(String method, @Nullable BodySource body, long length) {
        return new UpstreamRequest(
                UpstreamAddress.of("any.invalid", 1),
                method,
                "/",
                length < 0 ? Headers.EMPTY : Headers.of("Content-Length", Long.toString(length)),
                new byte[0],
                body,
                Instant.MAX,
                false,
                interim -> {});
    }

    private static UpstreamResult call(QueueUpstream upstream, UpstreamRequest request) {
        return ended(upstream.call(request));
    }

    private static UpstreamResult ended(CompletableFuture<UpstreamResult> call) {
        return call.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static UpstreamFailure.Kind kind(UpstreamResult result) {
        assertThat(String.valueOf(result), result, is(instanceOf(UpstreamFailure.class)));
        return ((UpstreamFailure) result).kind();
    }
}
