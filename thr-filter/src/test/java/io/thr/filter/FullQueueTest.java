package io.thr.filter;

import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;

import io.thr.core.RawHttpClient;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.http.HttpServlet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a client gets whose queue is full. */
class FullQueueTest {

    @RegisterExtension
    static final RedisServer REDIS = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:hello";

    private final RedisState state = REDIS.state();
    private final ThrFilter filter = new ThrFilter(FilterSettings.defaults()
            .edit()
            .redis(REDIS.url())
            .maxQueueLength(3)
            .rules(new RuleList().add(when(), then().setRedisQueue(QUEUE)).compile())
            .build());
    private Container container;

    @BeforeEach
    void start() throws Exception {
        container = Container.Kind.JETTY.start(filter, new HttpServlet() {
            private static final long serialVersionUID = 1L;
        });
        state.command("LPUSH", QUEUE, "a", "b", "c");
    }

    @AfterEach
    void stop() {
        container.close();
        state.close();
    }

    @Test
    void it_is_told_when_the_queue_has_drained() throws Exception {
        state.command("HSET", new RedisKeys("thr").drained(), QUEUE, "0.200 1700000000000 1");

        RawHttpClient.Response response = RawHttpClient.get(container.port(), "/");

        assertThat(response.status(), is(503));
        assertThat(response.header("Retry-After"), is("15"));
        assertThat(response.header("Content-Type"), is("application/problem+json"));
        assertThat(response.text(), containsString("\"detail\":\"the queue is full\""));
        assertThat(state.content(QUEUE), is(List.of("c", "b", "a")));
        assertThat(filter.suspended(), is(0));
    }

    @Test
    void it_is_told_ten_seconds_where_nobody_knows() throws Exception {
        assertThat(RawHttpClient.get(container.port(), "/").header("Retry-After"), is("10"));
    }

    @Test
    void large_body_of_a_refused_request_is_removed() throws Exception {
        RawHttpClient.Response response =
                RawHttpClient.exchange(container.port(), RawHttpClient.post("/", new byte[100_000]));

        assertThat(response.status(), is(503));
        await().until(() -> state.keys().stream().noneMatch(key -> key.contains(":body:")));
    }
}
