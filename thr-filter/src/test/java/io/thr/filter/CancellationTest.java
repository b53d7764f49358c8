package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;

import io.thr.core.RawHttpClient;
import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What becomes of a request whose exchange ends without its response. Of a client that resets its HTTP/2 stream only Jetty
 * tells.
 */
class CancellationTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:hello";
    private static final RedisKeys KEYS = new RedisKeys("thr");

    private final RedisState state = REDIS.state();
    private Member member;

    @BeforeEach
    void join() {
        member = new Member(REDIS, QUEUE);
    }

    @AfterEach
    void close() {
        member.close();
        state.close();
    }

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;
    }

    private static ThrFilter filter(Duration timeout) {
        return new ThrFilter(FilterSettings.defaults()
                .edit()
                .redis(REDIS.url())
                .timeout(timeout)
                .graceTime(Duration.ZERO)
                .rules(new RuleList().add(when(), then().setRedisQueue(QUEUE)).compile())
                .build());
    }

    private static ThrFilter filter() {
        return filter(Duration.ofMinutes(1));
    }

    private static CompletableFuture<HttpResponse<String>> http2(Container container) {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .build()
                .sendAsync(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + container.port() + "/"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private void awaitCancelled(String claimId) {
        await().until(() -> List.of(claimId).equals(state.content(KEYS.words(Member.NAME))));
    }

    @Test
    void waiting_request_of_an_http2_client_that_leaves_is_dropped() throws Exception {
        ThrFilter filter = filter();
        try (Container container = Container.Kind.JETTY.start(filter, new Application())) {
            CompletableFuture<HttpResponse<String>> client = http2(container);
            member.keepWaiting();
            assertThat(state.keys().contains(KEYS.tickets()), is(true));

            client.cancel(true);

            await().until(() -> state.content(KEYS.tickets()) == null);
            assertThat(state.content(KEYS.waiting()), is(nullValue()));
            assertThat(state.content(KEYS.messages()), is(nullValue()));
            await().until(() -> filter.suspended() == 0);
        }
    }

    @Test
    void running_request_of_an_http2_client_that_leaves_is_named_to_its_member() throws Exception {
        try (Container container = Container.Kind.JETTY.start(filter(), new Application())) {
            CompletableFuture<HttpResponse<String>> client = http2(container);
            String running = member.run();

            client.cancel(true);

            awaitCancelled(running);
        }
    }

    @Test
    void request_that_is_not_taken_yet_is_noted() throws Exception {
        try (Container container = Container.Kind.JETTY.start(filter(), new Application())) {
            CompletableFuture<HttpResponse<String>> client = http2(container);
            await().until(() -> state.content(QUEUE) != null);

            client.cancel(true);

            await().until(() -> state.content(KEYS.cancelled()) != null);
        }
    }

    @EachContainer
    void running_request_whose_time_is_up_is_named_to_its_member(Container.Kind kind) throws Exception {
        try (Container container = kind.start(filter(Duration.ofSeconds(1)), new Application())) {
            CompletableFuture<RawHttpClient.Response> client = CompletableFuture.supplyAsync(() -> get(container));
            String running = member.run();

            assertThat(client.join().status(), is(504));
            awaitCancelled(running);
        }
    }

    @Test
    void running_request_of_a_filter_that_stops_is_named_to_its_member() throws Exception {
        String running;
        try (Container container = Container.Kind.JETTY.start(filter(), new Application());
                Socket client = new Socket(InetAddress.getLoopbackAddress(), container.port())) {
            OutputStream out = client.getOutputStream();
            out.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
            running = member.run();
        }

        assertThat(state.content(KEYS.words(Member.NAME)), is(List.of(running)));
    }

    @RepeatedTest(10)
    void running_request_of_a_client_that_leaves_as_the_filter_stops_is_named_to_its_member() throws Exception {
        String running;
        try (Container container = Container.Kind.JETTY.start(filter(), new Application())) {
            CompletableFuture<HttpResponse<String>> client = http2(container);
            running = member.run();
            client.cancel(true);
        }

        assertThat(state.content(KEYS.words(Member.NAME)), is(List.of(running)));
    }

    @Test
    void answered_request_is_not_cancelled() throws Exception {
        try (Container container = Container.Kind.JETTY.start(filter(), new Application());
                TestBus bus = new TestBus(REDIS)) {
            CompletableFuture<RawHttpClient.Response> client = CompletableFuture.supplyAsync(() -> get(container));

            RequestMessage request = bus.take(QUEUE);
            bus.respond(
                    request,
                    new ResponseMessage(
                            200,
                            Headers.EMPTY,
                            MessageBody.of(new byte[0]),
                            new ResponseExtra(request.extra().requestId(), null, null, 1, null, false)));

            assertThat(client.join().status(), is(200));
        }
        assertThat(state.content(KEYS.cancelled()), is(nullValue()));
    }

    private static RawHttpClient.Response get(Container container) {
        try {
            return RawHttpClient.get(container.port(), "/");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
