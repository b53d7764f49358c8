package io.thr.demo.e2e;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.oneOf;

import io.thr.core.bus.Why;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.RequestHash;
import io.thr.core.redis.BusControl;
import io.thr.core.redis.BusReader;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.core.redis.RedisUrl;
import io.thr.demo.InProcessFront;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.config.FilterSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The users that the README shows suffice: Redis denies them nothing, whatever requests there are. */
class RightsTest {

    @RegisterExtension
    static final RedisServer redis = RedisServer.embedded();

    private static final String QUEUE = "thr:queue:rights";

    private final HttpClient http = HttpClient.newHttpClient();

    /** The commands of the README, one for each program. */
    private static List<String> commands() throws IOException {
        String readme = Files.readString(Path.of("../README.md"));
        return Pattern.compile("^ACL SETUSER .*$", Pattern.MULTILINE)
                .matcher(readme)
                .results()
                .map(found -> found.group())
                .toList();
    }

    private static RedisUrl as(String user) {
        return RedisUrl.parse("redis://" + user + ":secret@127.0.0.1:" + redis.port());
    }

    private CompletableFuture<HttpResponse<byte[]>> post(int port, byte[] body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .timeout(Duration.ofSeconds(30))
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    @Test
    void users_of_the_readme_have_what_they_need() throws Exception {
        try (RedisState state = redis.state()) {
            List<String> commands = commands();
            assertThat(commands, hasSize(3));
            commands.forEach(command -> state.command((Object[]) command.split(" ", -1)));
            try (ScriptedUpstream upstream = new ScriptedUpstream();
                    Dispatcher dispatcher = Dispatcher.start(DispatcherSettings.builder()
                            .redis(as("dispatcher"))
                            .statsEvery(Duration.ZERO)
                            .queue(QueueSettings.of(QUEUE, "127.0.0.1", upstream.port()))
                            .limit("all", RequestHash.method(), MaxLimit.dynamic(), 2)
                            .build());
                    InProcessFront front = InProcessFront.start(FilterSettings.defaults()
                            .edit()
                            .redis(as("front"))
                            .defaultQueue(QUEUE)
                            .timeout(Duration.ofSeconds(2))
                            .graceTime(Duration.ZERO)
                            .build())) {
                // in the message, beside it, in frames
                for (int size : new int[] {10, 200_000, 3_000_000}) {
                    exchange(upstream, front.port(), size);
                }
                exchangeInVain(upstream, front.port());
                assertThat(dispatcher.stats().isEmpty(), is(false));
            }
            assertThat(denied(state), is(empty()));
        }
    }

    @Test
    void operator_of_the_readme_has_what_is_needed_to_see_and_steer() throws Exception {
        RedisKeys keys = new RedisKeys("thr");
        try (RedisState state = redis.state()) {
            commands().forEach(command -> state.command((Object[]) command.split(" ", -1)));
            try (ScriptedUpstream upstream = new ScriptedUpstream();
                    Dispatcher dispatcher = Dispatcher.start(DispatcherSettings.builder()
                            .redis(redis.url())
                            .statsEvery(Duration.ZERO)
                            .queue(QueueSettings.of(QUEUE, "127.0.0.1", upstream.port()))
                            .limit("all", RequestHash.method(), MaxLimit.dynamic(), 1)
                            .build());
                    InProcessFront front = InProcessFront.start(FilterSettings.defaults()
                            .edit()
                            .redis(redis.url())
                            .defaultQueue(QUEUE)
                            .graceTime(Duration.ZERO)
                            .build());
                    Redis connected = Redis.connect(as("operator"), "operator")) {
                BusReader reader = new BusReader(connected, keys);
                BusControl control = new BusControl(connected, keys);
                List<CompletableFuture<HttpResponse<byte[]>>> responses =
                        List.of(post(front.port(), new byte[1]), post(front.port(), new byte[1]));
                try (ScriptedUpstream.Call running = upstream.next()) {
                    await().until(() -> reader.peek(QUEUE, 10).get().size() == 1);
                    String waiting = reader.peek(QUEUE, 10).get().get(0).request();
                    assertThat(reader.state().get().runningInAll(), is(1L));
                    assertThat(reader.why(waiting).get().get(0), is(instanceOf(Why.Waiting.class)));
                    assertThat(reader.why("nobody").get().get(0), is(instanceOf(Why.Unknown.class)));
                    assertThat(reader.dead(QUEUE, 10).get(), is(empty()));
                    assertThat(control.pause(QUEUE).get(), is(true));
                    assertThat(control.setLimit("all", 2).get(), is(true));
                    assertThat(control.resetLimit("all").get(), is(true));
                    assertThat(control.resume(QUEUE).get(), is(true));
                    assertThat(control.purge(QUEUE).get(), is(1L));
                    state.command("LPUSH", QUEUE, "rubbish");
                    await().until(() -> !reader.dead(QUEUE, 10).get().isEmpty());
                    String letter = reader.dead(QUEUE, 10).get().get(0).id();
                    assertThat(control.retry(QUEUE, letter).get(), is(true));
                    await().until(() -> !reader.dead(QUEUE, 10).get().isEmpty());
                    assertThat(control.purgeDead(QUEUE).get(), is(1L));
                    assertThat(control.drain(dispatcher.member()).get(), is(true));
                    running.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    for (CompletableFuture<HttpResponse<byte[]>> response : responses) {
                        assertThat(response.join().statusCode(), is(oneOf(200, 503)));
                    }
                }
            }
            assertThat(denied(state), is(empty()));
        }
    }

    /** What Redis has denied to whom. */
    private static List<String> denied(RedisState state) {
        return ((List<?>) Objects.requireNonNull(state.command("ACL", "LOG", "1000")))
                .stream()
                        .map(entry -> (List<?>) entry)
                        .map(entry -> valueOf("username", entry) + ": " + valueOf("object", entry))
                        .toList();
    }

    private static Object valueOf(String name, List<?> entry) {
        return entry.get(entry.indexOf(name) + 1);
    }

    /** A body of that size there, and one back. */
    private void exchange(ScriptedUpstream upstream, int port, int size) throws Exception {
        CompletableFuture<HttpResponse<byte[]>> response = post(port, new byte[size]);
        try (ScriptedUpstream.Call call = upstream.next()) {
            assertThat(call.in().readNBytes(size).length, is(size));
            call.write("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
            call.out().write(new byte[size]);
            call.out().flush();
            assertThat(response.join().body().length, is(size));
        }
    }

    /** The upstream says nothing, one more waits behind the limit, and all their clients get is the end of their time. */
    private void exchangeInVain(ScriptedUpstream upstream, int port) throws Exception {
        List<CompletableFuture<HttpResponse<byte[]>>> responses =
                List.of(post(port, new byte[1]), post(port, new byte[1]), post(port, new byte[1]));
        try (ScriptedUpstream.Call one = upstream.next();
                ScriptedUpstream.Call other = upstream.next()) {
            for (CompletableFuture<HttpResponse<byte[]>> response : responses) {
                assertThat(response.join().statusCode(), is(504));
            }
            one.awaitClosed(10_000);
            other.awaitClosed(10_000);
        }
    }
}
