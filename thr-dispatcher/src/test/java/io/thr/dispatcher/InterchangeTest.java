package io.thr.dispatcher;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import io.thr.core.OracleUpstream;
import io.thr.core.message.Headers;
import io.thr.core.message.HopByHop;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseMessage;
import io.thr.core.message.WireSamples;
import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The dispatcher behind the original's front, as far as captures prove it: it takes the captured messages as they are,
 * sends the upstream what the original's dispatcher sent, and answers what that answered.
 */
class InterchangeTest {

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded().notEmptied();

    private static final String QUEUE = "thr:queue:hello";

    /** Each hop's own: our connections are kept open, and an empty form is not invented for a POST without a body. */
    private static final Set<String> OF_EACH_HOP = Set.of("host", "connection", "content-type", "content-length");

    private static final AtomicReference<byte[]> ANSWER = new AtomicReference<>(new byte[0]);

    private static OracleUpstream upstream;
    private static Dispatcher dispatcher;

    @BeforeAll
    static void start() throws IOException {
        upstream = OracleUpstream.start(request -> Objects.requireNonNull(ANSWER.get()));
        dispatcher = Dispatcher.start(DispatcherSettings.builder()
                .redis(redis.url())
                .statsEvery(Duration.ZERO)
                // the captures are from the past
                .maxLifetime(Duration.ofDays(36_500))
                .queue(QueueSettings.of(QUEUE, "127.0.0.1", upstream.port()))
                .build());
    }

    @AfterAll
    static void stop() throws Exception {
        dispatcher.close();
        upstream.close();
    }

    static List<String> captured() {
        return WireSamples.answered();
    }

    @ParameterizedTest
    @MethodSource("captured")
    void a_captured_request_is_sent_and_answered_as_the_original_does(String name) throws Exception {
        byte[] message = WireSamples.bytes(name, "request.json");
        RequestMessage request = MessageCodec.readRequest(message);
        ResponseMessage expected = MessageCodec.readResponse(WireSamples.bytes(name, "response.json"));
        ANSWER.set(WireSamples.upstreamAnswer(name));

        try (TestBus bus = new TestBus(redis)) {
            bus.push(QUEUE, message);
            ResponseMessage answer = bus.answer(request);
            OracleUpstream.Seen seen = upstream.seen().get(upstream.seen().size() - 1);
            WireSamples.RawHttp original = WireSamples.http(name, "backend-request.raw");

            assertThat(seen.method(), is(original.word(0)));
            assertThat(seen.target(), is(original.word(1)));
            assertThat(new String(seen.body(), ISO_8859_1), is(new String(original.body(), ISO_8859_1)));
            for (Headers.Field field : original.headers()) {
                if (!OF_EACH_HOP.contains(field.name().toLowerCase(Locale.ROOT))) {
                    assertThat(
                            field.name(),
                            seen.all(field.name()),
                            is(original.headers().all(field.name())));
                }
            }
            assertThat(answer.statusCode(), is(expected.statusCode()));
            assertThat(new String(bus.body(answer), ISO_8859_1), is(new String(body(expected), ISO_8859_1)));
            for (Headers.Field field : HopByHop.removedFrom(expected.headers())) {
                assertThat(
                        field.name(),
                        answer.headers().all(field.name()),
                        is(expected.headers().all(field.name())));
            }
        }
    }

    private static byte[] body(ResponseMessage response) {
        return ((MessageBody.Inline) response.body()).bytes();
    }
}
