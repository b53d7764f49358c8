package io.thr.demo.e2e;

import static java.lang.System.Logger.Level.INFO;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.BesideOthers;
import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of responses under way when the front is killed that writes them. */
@BesideOthers
class StreamFrontKillTest {

    private static final System.Logger LOG = System.getLogger(StreamFrontKillTest.class.getName());

    /** A front that is silent for 30 s is taken for dead; it is looked for each five seconds. */
    private static final Duration SILENCE = Duration.ofSeconds(35);

    /** What nobody reads stays for as long as the dispatcher's {@code timeout}. */
    private static final long EXPIRY_MILLIS = 60_000;

    @TempDir
    Path directory;

    @Test
    void killed_fronts_calls_are_ended_and_their_slots_are_free_soon_after_its_silence() throws Exception {
        try (RedisServer redis = RedisServer.embedded().start();
                RedisState state = redis.state();
                EndlessUpstream upstream = new EndlessUpstream();
                StreamPrograms programs = new StreamPrograms(directory, redis)) {
            int port = FreePort.next();
            int otherPort = FreePort.next();
            Program killed = programs.front(port);
            programs.front(otherPort);
            programs.dispatcher(upstream.port());
            try (SocketClient chunked = new SocketClient(port);
                    SocketClient length = new SocketClient(port);
                    SocketClient next = new SocketClient(otherPort).patient(60_000)) {
                chunked.send("GET /chunked HTTP/1.1\r\nHost: a\r\n\r\n").readUntil("x");
                length.send("GET /length HTTP/1.1\r\nHost: a\r\n\r\n").readUntil("x");
                next.send("GET /chunked?next HTTP/1.1\r\nHost: a\r\n\r\n");
                await().until(() -> StreamPrograms.tickets(state) == 3);
                assertThat(upstream.open(), is(2));

                killed.kill();
                long began = System.nanoTime();
                await().atMost(SILENCE.plusSeconds(5))
                        .until(() -> upstream.open("/chunked") + upstream.open("/length") == 0);
                assertThat(next.readUntil("x"), startsWith("HTTP/1.1 200 "));
                Duration after = Duration.ofNanos(System.nanoTime() - began);
                LOG.log(INFO, "calls of the killed were ended, and their slots used again, after {0}", after);
                assertThat(after, is(lessThanOrEqualTo(SILENCE.plusSeconds(1))));
            }
            await().until(() -> upstream.open() == 0);
            await().until(() -> StreamPrograms.tickets(state) == 0);
            List<String> lasting = new ArrayList<>(Leftovers.of(state).keySet());
            lasting.retainAll(state.lasting());
            assertThat(lasting, is(empty()));
            assertThat(
                    Leftovers.of(state).keySet().stream()
                            .map(key -> Long.valueOf(String.valueOf(state.command("PTTL", key))))
                            .toList(),
                    everyItem(is(lessThanOrEqualTo(EXPIRY_MILLIS))));
        }
    }
}
