package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.RawHttpClient;
import io.thr.core.message.Headers;
import io.thr.core.message.HopByHop;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseMessage;
import io.thr.core.message.WireSamples;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.config.ResponseKeys;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The filter before the original's dispatcher, as far as captured messages prove it: one key a request, bodies inline. */
class InterchangeTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:hello";

    private static Container container;

    @BeforeAll
    static void start() throws Exception {
        FilterSettings settings = FilterSettings.defaults()
                .edit()
                .redis(REDIS.url())
                .timeout(Duration.ofSeconds(30))
                .responseKeys(ResponseKeys.PER_REQUEST)
                .inlineBodies(true)
                .graceTime(Duration.ZERO)
                .rules(new RuleList().add(when(), then().setRedisQueue(QUEUE)).compile())
                .build();
        container = Container.Kind.JETTY.start(new ThrFilter(settings), new HttpServlet() {
            private static final long serialVersionUID = 1L;
        });
    }

    @AfterAll
    static void stop() {
        container.close();
    }

    static Stream<String> captured() {
        return WireSamples.names("response.json").stream();
    }

    private static CompletableFuture<RawHttpClient.Response> client(byte[] request) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return RawHttpClient.exchange(container.port(), request);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("captured")
    void a_captured_response_of_the_original_reaches_the_client(String name) throws Exception {
        byte[] written = WireSamples.bytes(name, "response.json");
        ResponseMessage expected = MessageCodec.readResponse(written);

        try (TestBus bus = new TestBus(REDIS)) {
            CompletableFuture<RawHttpClient.Response> client = client(WireSamples.bytes(name, "client-request.raw"));
            RequestMessage request = bus.take(QUEUE);
            bus.respond(request, new String(written, StandardCharsets.US_ASCII));
            RawHttpClient.Response response = client.get(30, TimeUnit.SECONDS);

            int status = expected.statusCode() == ResponseMessage.UPSTREAM_FAILED ? 504 : expected.statusCode();
            assertThat(response.status(), is(status));
            for (Headers.Field field : HopByHop.removedFrom(expected.headers())) {
                List<String> values = response.headers(field.name());
                assertThat(
                        field.name(),
                        withoutBlanks(values),
                        hasItem(field.value().replace(" ", "")));
            }
            byte[] body = ((MessageBody.Inline) expected.body()).bytes();
            assertThat(Arrays.equals(response.body(), body), is(true));
        }
    }

    /** Containers write media types in their own way: {@code text/html;charset=utf-8}. */
    private static List<String> withoutBlanks(List<String> values) {
        return values.stream().map(value -> value.replace(" ", "")).toList();
    }

    @Test
    void every_request_has_a_key_of_its_own_and_a_large_body_stays_in_its_message() throws Exception {
        Set<String> keys = new HashSet<>();
        byte[] body = new byte[200_000];
        try (TestBus bus = new TestBus(REDIS)) {
            for (int i = 0; i < 3; i++) {
                CompletableFuture<RawHttpClient.Response> client = client(RawHttpClient.post("/x", body));
                RequestMessage request = bus.take(QUEUE);
                assertThat(bus.body(request).length, is(body.length));
                assertThat(request.body() instanceof MessageBody.Inline, is(true));
                assertThat(request.extra().responseKey(), startsWith("thr:queue:response:"));
                assertThat(keys, not(hasItem(request.extra().responseKey())));
                keys.add(request.extra().responseKey());
                bus.respond(request, "{\"status_code\": 204, \"headers\": [], \"body\": \"\"}");
                assertThat(client.get(30, TimeUnit.SECONDS).status(), is(204));
            }
        }
    }
}
