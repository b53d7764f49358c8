package io.thr.core.redis;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RatePolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the server says no to is told as what it is, and is over as soon as it is. */
class RateFailureTest extends OnEachServer {

    private RedisRateLimiter node;

    RateFailureTest(RedisServer server) {
        super(server);
    }

    @BeforeEach
    void connect() {
        node = node();
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    /** What goes wrong, and how it is mended. */
    private interface Fault {
        void begin() throws Exception;

        void end() throws Exception;
    }

    /** What Redis says no to fails at once, is told as what it is, and works again with the next decision. */
    private void isToldAndPasses(Fault fault, RedisException.Kind kind) throws Exception {
        assertThat(works(node), is(true));
        fault.begin();
        for (int i = 0; i < 3; i++) {
            Throwable failure = failure(ask(node));
            assertThat(failure, is(instanceOf(RedisException.class)));
            assertThat(failure.getMessage(), ((RedisException) failure).kind(), is(kind));
        }
        fault.end();
        assertThat(works(node), is(true));
    }

    @Test
    void full_memory_is_told_and_passes() throws Exception {
        isToldAndPasses(
                new Fault() {
                    @Override
                    public void begin() {
                        state.command("CONFIG", "SET", "maxmemory", "1");
                    }

                    @Override
                    public void end() {
                        state.command("CONFIG", "SET", "maxmemory", "0");
                    }
                },
                RedisException.Kind.OUT_OF_MEMORY);
    }

    @Test
    void replica_is_told_and_passes() throws Exception {
        isToldAndPasses(
                new Fault() {
                    @Override
                    public void begin() {
                        state.command("REPLICAOF", "127.0.0.1", RedisProcess.freePort());
                    }

                    @Override
                    public void end() {
                        state.command("REPLICAOF", "NO", "ONE");
                    }
                },
                RedisException.Kind.READ_ONLY);
    }

    /** It answers LOADING, or nothing for a while. */
    @Test
    void server_that_reads_its_data_is_left_alone_until_it_has() throws Exception {
        // one who does not wait for long
        node = closedAfter(RedisRateLimiter.connect(server.url(), NAMES, "rate failure test"));
        boolean seven = hasFunctions();
        if (seven) {
            server.stop();
            server.with("--enable-debug-command", "local").start();
            state.command("CONFIG", "SET", "loading-process-events-interval-bytes", 1024);
        }
        state.command("CONFIG", "SET", "rdbcompression", "no");
        state.command("CONFIG", "SET", "key-load-delay", 100);
        // 6.2 looks up from reading every 2 MiB only
        state.command("DEBUG", "POPULATE", seven ? 1000 : 4000, "key", seven ? 16 : 4096);
        await().until(() -> works(node));
        try (Socket other = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            other.getOutputStream().write("DEBUG RELOAD\r\n".getBytes(StandardCharsets.US_ASCII));
            CompletableFuture<Integer> loaded = new CompletableFuture<>();
            Redis.daemon(
                            () -> {
                                try {
                                    loaded.complete(other.getInputStream().read());
                                } catch (IOException e) {
                                    loaded.completeExceptionally(e);
                                }
                            },
                            "loaded")
                    .start();

            int failures = 0;
            while (!loaded.isDone()) {
                CompletableFuture<RateDecision> decision = ask(node);
                if (decision.handle((decided, failure) -> failure != null).join()) {
                    assertThat(failure(decision), is(instanceOf(RedisUnavailableException.class)));
                    failures++;
                }
            }

            assertThat(loaded.join(), is((int) '+'));
            assertThat(failures, is(greaterThan(0)));
            long since = System.nanoTime();
            await().until(() -> works(node));
            assertThat(millisSince(since), is(lessThanOrEqualTo(1000L)));
        } finally {
            // with what it holds
            server.kill();
        }
    }

    @Test
    void forgotten_scripts_are_no_failure() {
        for (int i = 0; i < 5; i++) {
            assertThat(works(node), is(true));
            state.command("SCRIPT", "FLUSH");
            if (hasFunctions()) {
                state.command("FUNCTION", "FLUSH");
            }
        }
        assertThat(works(node), is(true));
    }

    @Test
    void key_of_another_form_is_told_and_harms_no_other_key() {
        RatePolicy log = policy("log", RateAlgorithm.SLIDING_WINDOW, 10, LONG);
        state.command("SET", NAMES.rate(charge(log, "a").key()), "x", "PX", 100_000);

        assertThat(failure(node.decide(List.of(charge(log, "a")))), is(instanceOf(RedisException.class)));
        assertThat(isGranted(decide(node, charge(log, "b"))), is(true));
    }
}
