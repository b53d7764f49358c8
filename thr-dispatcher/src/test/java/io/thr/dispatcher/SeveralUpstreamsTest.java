package io.thr.dispatcher;

import static io.thr.core.OracleUpstream.response;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.thr.core.BesideOthers;
import io.thr.core.OracleUpstream;
import io.thr.core.message.RequestMessage;
import io.thr.core.redis.RedisServer;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.dispatcher.upstream.HostPolicy;
import io.thr.dispatcher.upstream.ServerSettings;
import io.thr.dispatcher.upstream.UpstreamSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A whole dispatcher with several servers behind a queue, over a real Redis. */
@BesideOthers
class SeveralUpstreamsTest {

    private static final String QUEUE = "thr:queue:hello";

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private final List<AutoCloseable> toClose = new ArrayList<>();
    private TestBus bus = new TestBus(redis);

    @BeforeEach
    void open() {
        bus = new TestBus(redis);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : toClose) {
            closeable.close();
        }
        bus.close();
    }

    @Test
    void killed_server_is_no_clients_trouble_and_serves_again_when_it_is_back() throws Exception {
        OracleUpstream.Handler handler = request -> response(200, request.target());
        OracleUpstream killed = oracle(OracleUpstream.start(handler));
        OracleUpstream steady = oracle(OracleUpstream.start(handler));
        Dispatcher dispatcher = start(UpstreamSettings.of(server(killed), server(steady)), 20);

        assertThat(statuses(push("POST", 100)), everyItem(is(200)));
        assertThat(killed.seen().size(), is(greaterThan(10)));

        // A connection that is just being opened is broken by the kill, and its request not repeated
        int accepted = killed.accepted();
        await().during(Duration.ofMillis(200)).until(() -> killed.accepted() == accepted);
        int port = killed.port();
        killed.close();
        assertThat(statuses(push("GET", 200)), everyItem(is(200)));
        assertThat(server(dispatcher, 0).get("ejected").asBoolean(), is(true));

        OracleUpstream back = oracle(OracleUpstream.startOn(port, handler));
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            assertThat(statuses(push("POST", 10)), everyItem(is(200)));
            return !back.seen().isEmpty();
        });

        List<String> targets = Stream.of(killed, steady, back)
                .flatMap(oracle -> oracle.seen().stream())
                .filter(seen -> seen.method().equals("POST"))
                .map(OracleUpstream.Seen::target)
                .toList();
        assertThat(new HashSet<>(targets), hasSize(targets.size()));
        assertThat(killed.most() + steady.most(), is(lessThanOrEqualTo(40)));
    }

    @Test
    void stats_tell_of_each_server() throws Exception {
        OracleUpstream a = oracle(OracleUpstream.start(request -> response(200, "a")));
        OracleUpstream b = oracle(OracleUpstream.start(request -> response(200, "b")));
        Dispatcher dispatcher = start(UpstreamSettings.of(server(a), server(b)), 1);
        assertThat(statuses(push("GET", 40)), everyItem(is(200)));
        JsonNode servers = stats(dispatcher).get("upstreams").get(QUEUE);
        assertThat(servers.size(), is(2));
        Set<String> names = new HashSet<>();
        servers.get(0).fieldNames().forEachRemaining(names::add);
        assertThat(
                names,
                hasItems(
                        "url",
                        "running",
                        "ejected",
                        "calls",
                        "retries",
                        "failures",
                        "ejections",
                        "connections_opened",
                        "connections_reused"));
        assertThat(servers.get(0).get("url").asText(), is("http://127.0.0.1:" + a.port()));
        assertThat(
                servers.get(0).get("calls").asInt()
                        + servers.get(1).get("calls").asInt(),
                is(40));
        for (JsonNode server : servers) {
            assertThat(
                    server.get("connections_opened").asInt()
                            + server.get("connections_reused").asInt(),
                    is(server.get("calls").asInt()));
        }
        assertThat(stats(dispatcher).get("counters").isObject(), is(true));
    }

    @Test
    void client_host_is_passed_on_where_that_is_wanted() throws Exception {
        OracleUpstream oracle = oracle(OracleUpstream.start(request -> response(200, "ok")));
        start(UpstreamSettings.of(server(oracle)).withHost(HostPolicy.CLIENT), 1);
        assertThat(statuses(push("GET", 1)), everyItem(is(200)));
        assertThat(oracle.seen().get(0).all("Host"), is(List.of("front.example:8888")));
    }

    private List<RequestMessage> push(String method, int count) {
        List<RequestMessage> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            RequestMessage request = Messages.ours(method, "/" + Messages.id(), new byte[0]);
            bus.push(QUEUE, request);
            requests.add(request);
        }
        return requests;
    }

    private List<Integer> statuses(List<RequestMessage> requests) {
        return requests.stream()
                .map(request -> bus.answer(request).statusCode())
                .toList();
    }

    private Dispatcher start(UpstreamSettings upstream, int maxConcurrent) {
        Dispatcher dispatcher = Dispatcher.start(DispatcherSettings.builder()
                .redis(redis.url())
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(QUEUE, upstream).withMaxConcurrent(maxConcurrent))
                .build());
        toClose.add(0, dispatcher);
        return dispatcher;
    }

    private OracleUpstream oracle(OracleUpstream oracle) {
        toClose.add(oracle);
        return oracle;
    }

    private static ServerSettings server(OracleUpstream oracle) {
        return ServerSettings.of("http://127.0.0.1:" + oracle.port());
    }

    private static JsonNode stats(Dispatcher dispatcher) throws IOException {
        return new JsonMapper().readTree(dispatcher.stats());
    }

    private static JsonNode server(Dispatcher dispatcher, int number) throws IOException {
        return stats(dispatcher).get("upstreams").get(QUEUE).get(number);
    }
}
