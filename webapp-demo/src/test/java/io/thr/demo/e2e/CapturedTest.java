package io.thr.demo.e2e;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;

import io.thr.core.OracleUpstream;
import io.thr.core.RawHttpClient;
import io.thr.core.message.Headers;
import io.thr.core.message.HopByHop;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.ResponseMessage;
import io.thr.core.message.WireSamples;
import io.thr.core.redis.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every exchange that was captured of the original goes through front and dispatcher, as two processes: what the client
 * sent arrives at the upstream unchanged, and what the upstream answered comes back unchanged.
 */
class CapturedTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded().notEmptied();

    /** What a gateway must write itself (RFC 9110 §7.2, RFC 9112 §9), and what it appends to. */
    private static final Set<String> OF_EACH_HOP = Set.of("host", "connection", "x-forwarded-for");

    private static final AtomicReference<byte[]> ANSWER = new AtomicReference<>(new byte[0]);

    @TempDir
    static Path directory;

    private static OracleUpstream upstream;
    private static Program front;
    private static Program dispatcher;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        upstream = OracleUpstream.start(request -> Objects.requireNonNull(ANSWER.get()));
        port = FreePort.next();
        Path file = directory.resolve("dispatcher.yaml");
        Files.writeString(file, """
                redis: %s
                stats_frequency_ms: 0
                queues: [{ queue: thr:queue:default, http_host: 127.0.0.1, http_port: %d }]
                """.formatted(REDIS.url(), upstream.port()));
        front = Program.begin(
                "io.thr.demo.Main",
                "Start http2redis on http://localhost:" + port,
                "--redis",
                REDIS.url().toString(),
                "--port",
                Integer.toString(port));
        dispatcher = Program.start("io.thr.dispatcher.Main", "redis2http started", "--config", file.toString());
        front.awaitReady();
    }

    @AfterAll
    static void stop() throws IOException {
        front.close();
        dispatcher.close();
        upstream.close();
    }

    static List<String> captured() {
        return WireSamples.answered();
    }

    @ParameterizedTest
    @MethodSource("captured")
    void a_captured_exchange_passes_unchanged(String name) throws Exception {
        ResponseMessage captured = MessageCodec.readResponse(WireSamples.bytes(name, "response.json"));
        byte[] body = ((MessageBody.Inline) captured.body()).bytes();
        ANSWER.set(WireSamples.upstreamAnswer(name));
        WireSamples.RawHttp sent = WireSamples.http(name, "client-request.raw");

        RawHttpClient.Response response = RawHttpClient.exchange(port, WireSamples.bytes(name, "client-request.raw"));
        OracleUpstream.Seen received = upstream.seen().get(upstream.seen().size() - 1);

        assertThat(received.method(), is(sent.word(0)));
        assertThat(received.target(), is(sent.word(1)));
        assertThat(Arrays.equals(received.body(), sent.body()), is(true));
        for (Headers.Field field : sent.headers()) {
            if (!OF_EACH_HOP.contains(field.name().toLowerCase(java.util.Locale.ROOT))) {
                assertThat(field.name(), received.all(field.name()), hasItem(field.value()));
            }
        }
        assertThat(response.status(), is(captured.statusCode()));
        assertThat(Arrays.equals(response.body(), body), is(true));
        for (Headers.Field field : HopByHop.removedFrom(captured.headers())) {
            List<String> values = response.headers(field.name()).stream()
                    .map(value -> value.replace(" ", ""))
                    .toList();
            assertThat(field.name(), values, hasItem(field.value().replace(" ", "")));
        }
    }
}
