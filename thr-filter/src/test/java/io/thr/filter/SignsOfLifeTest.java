package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.message.Headers;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseExtra;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.RedisServer;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.SignOfLife;
import jakarta.servlet.http.HttpServlet;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What each container can tell a client before its response; the test is the dispatcher. */
class SignsOfLifeTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:signs";
    private static final Duration EVERY = Duration.ofMillis(200);

    private final TestBus bus = new TestBus(REDIS);

    @AfterEach
    void leaves_nothing_for_long() {
        // what a client that has left had offered is cancelled, which is remembered for as long as it could have waited
        bus.redis().command("DEL", "thr:{thr}:cancelled");
        try {
            await().until(() -> bus.redis().keys().isEmpty());
        } finally {
            bus.close();
        }
    }

    private static final class Application extends HttpServlet {

        private static final long serialVersionUID = 1L;
    }

    private static Container start(Container.Kind kind) throws Exception {
        return kind.start(
                new ThrFilter(FilterSettings.defaults()
                        .edit()
                        .redis(REDIS.url())
                        .timeout(Duration.ofSeconds(20))
                        .graceTime(Duration.ZERO)
                        .rules(new RuleList()
                                .add(when(), then().setRedisQueue(QUEUE))
                                .add(
                                        when().path("/interim"),
                                        then().signOfLife(new SignOfLife(SignOfLife.As.INTERIM, EVERY)))
                                .add(
                                        when().path("/events"),
                                        then().signOfLife(new SignOfLife(SignOfLife.As.EVENTS, EVERY)))
                                .compile())
                        .build()),
                new Application());
    }

    private void answer(RequestMessage request, int status, Headers headers, String body) {
        push(request, status, headers, body, false);
    }

    private void push(RequestMessage request, int status, Headers headers, String body, boolean more) {
        ResponseMessage response = new ResponseMessage(
                status,
                headers,
                MessageBody.of(body.getBytes(UTF_8)),
                new ResponseExtra(request.extra().requestId(), null, null, 1, null, more));
        bus.redis().command("LPUSH", request.extra().responseKey(), MessageCodec.write(response));
    }

    @EachContainer
    void interim_responses_of_the_upstream_pass_where_they_can_and_the_response_comes_anyway(Container.Kind kind)
            throws Exception {
        try (Container container = start(kind);
                Client client = new Client(container, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            push(request, 102, Headers.EMPTY, "", true);
            push(request, 103, Headers.of("Link", "</a.css>"), "", true);
            answer(request, 200, Headers.of("X-A", "b"), "ok");
            String seen = client.readUntil("ok");
            if (kind == Container.Kind.JETTY) {
                assertThat(seen, startsWith("HTTP/1.1 102 "));
                assertThat(seen, containsString("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"));
            } else {
                assertThat(seen, startsWith("HTTP/1.1 200 "));
            }
            assertThat(seen.substring(seen.indexOf("HTTP/1.1 200 ")), not(containsString("Link")));
        }
    }

    @EachContainer
    void interim_signs_come_where_the_container_can_send_them(Container.Kind kind) throws Exception {
        try (Container container = start(kind);
                Client client = new Client(container, "GET /interim HTTP/1.1\r\nHost: a\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            if (kind == Container.Kind.JETTY) {
                for (int i = 0; i < 3; i++) {
                    assertThat(client.readUntil("\r\n\r\n"), startsWith("HTTP/1.1 103 "));
                }
            }
            answer(request, 201, Headers.of("X-A", "b"), "ok");
            String response = client.readUntil("ok");
            assertThat(response, containsString("HTTP/1.1 201 "));
            assertThat(response, containsString("X-A: b\r\n"));
        }
    }

    @EachContainer
    void events_begin_with_comments_and_go_on_with_the_response(Container.Kind kind) throws Exception {
        try (Container container = start(kind);
                Client client =
                        new Client(container, "GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            assertThat(client.readUntil("\r\n\r\n"), startsWith("HTTP/1.1 200 "));
            client.readUntil(": queued\n\n");
            client.readUntil(": queued\n\n");
            answer(request, 200, Headers.of("Content-Type", "text/event-stream"), "data: 1\n\n");
            client.readUntil("data: 1\n\n");
            client.readUntil("\r\n0\r\n\r\n");
        }
    }

    @EachContainer
    void error_is_an_event_where_events_have_begun(Container.Kind kind) throws Exception {
        try (Container container = start(kind);
                Client client =
                        new Client(container, "GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n")) {
            RequestMessage request = bus.take(QUEUE);
            client.readUntil(": queued\n\n");
            answer(request, 404, Headers.of("Content-Type", "text/plain"), "no such thing");
            client.readUntil("event: error\ndata: {\"status\":404}\n\n");
            client.readUntil("\r\n0\r\n\r\n");
        }
    }

    @EachContainer
    void client_that_leaves_is_noticed_by_the_signs_where_there_are_any(Container.Kind kind) throws Exception {
        try (Container container = start(kind)) {
            List<String> targets = kind == Container.Kind.JETTY ? List.of("/interim", "/events") : List.of("/events");
            for (String target : targets) {
                try (Client client = new Client(
                        container, "GET " + target + " HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n")) {
                    client.readUntil("\r\n\r\n");
                }
                RequestMessage request = bus.take(QUEUE);
                String name =
                        request.extra().requestId() + ' ' + request.extra().responseKey();
                await().until(() -> bus.redis().command("ZSCORE", "thr:{thr}:cancelled", name) != null);
            }
        }
    }
}
