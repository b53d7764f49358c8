package io.thr.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LaneTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private FaultyProxy proxy;
    private Redis redis;
    private RedisState state;

    @BeforeEach
    void connect() {
        proxy = FaultyProxy.before(server);
        redis = Redis.connect(proxy.url(), "lane test");
        state = server.state();
    }

    @AfterEach
    void close() {
        redis.close();
        proxy.close();
        state.close();
    }

    private CompletableFuture<String> echo(String text, Patience patience) {
        return redis.call(Command.of("ECHO", text), patience, reply -> new String((byte[]) reply, UTF_8));
    }

    private static Throwable failure(CompletableFuture<?> future) {
        return Objects.requireNonNull(
                assertThrows(ExecutionException.class, () -> future.get(SOON.toMillis(), TimeUnit.MILLISECONDS))
                        .getCause());
    }

    @Test
    void each_of_many_callers_gets_its_own_reply() throws Exception {
        int callers = 64;
        int each = 1000;
        AtomicInteger right = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int caller = 0; caller < callers; caller++) {
            String name = "caller " + caller + " ";
            Thread thread = new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    if (echo(name + i, Patience.SHORT).join().equals(name + i)) {
                        right.incrementAndGet();
                    }
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(right.get(), is(callers * each));
    }

    @Test
    void replies_of_one_call_come_together_and_in_order() throws Exception {
        CompletableFuture<List<Object>> call = redis.call(
                List.of(
                        Command.of("RPUSH", "list", "a"),
                        Command.of("RPUSH", "list", "b"),
                        Command.of("GET", "missing"),
                        Command.of("LLEN", "list")),
                Patience.SHORT,
                replies -> replies);

        List<Object> replies = call.get();

        assertThat(replies.get(0), is(1L));
        assertThat(replies.get(1), is(2L));
        assertThat(replies.get(2) == null, is(true));
        assertThat(replies.get(3), is(2L));
    }

    @Test
    void sizes_around_the_write_buffer_arrive_unchanged() throws Exception {
        for (int size : new int[] {0, 1, 65_500, 65_519, 65_534, 65_535, 65_536, 65_537, 200_000, 5_000_000}) {
            byte[] body = new byte[size];
            java.util.Arrays.fill(body, (byte) size);

            long length = redis.call(Command.of("SET", "k", body), Patience.SHORT, ok -> 0L)
                    .thenCompose(ok -> redis.call(Command.of("STRLEN", "k"), Patience.SHORT, n -> (Long) n))
                    .get();

            assertThat(length, is((long) size));
        }
    }

    @Test
    void error_reply_names_server_and_step_and_harms_no_other() throws Exception {
        state.command("SET", "text", "x");
        CompletableFuture<Long> wrong = redis.call(Command.of("LPUSH", "text", "y"), Patience.SHORT, n -> (Long) n);

        RedisException error = (RedisException) failure(wrong);

        assertThat(error.kind(), is(RedisException.Kind.WRONG_TYPE));
        assertThat(
                error.getMessage(),
                is(proxy.url() + ": LPUSH text: WRONGTYPE Operation against a key holding the wrong kind of value"));
        assertThat(echo("a", Patience.SHORT).get(), is("a"));
    }

    @Test
    void full_memory_is_recognised() throws Exception {
        state.command("CONFIG", "SET", "maxmemory", "1");
        try {
            RedisException error = (RedisException)
                    failure(redis.call(Command.of("LPUSH", "list", "y"), Patience.SHORT, n -> (Long) n));
            assertThat(error.kind(), is(RedisException.Kind.OUT_OF_MEMORY));
        } finally {
            state.command("CONFIG", "SET", "maxmemory", "0");
        }
    }

    @Test
    void failing_callback_does_not_end_the_lane() throws Exception {
        CompletableFuture<Object> failing = redis.call(Command.of("PING"), Patience.SHORT, reply -> {
            throw new IllegalStateException("reading");
        });
        CompletableFuture<Void> callback = echo("a", Patience.SHORT).thenAccept(text -> {
            throw new AssertionError("callback");
        });

        assertThat(failure(failing), instanceOf(IllegalStateException.class));
        assertThat(failure(callback), instanceOf(AssertionError.class));
        for (int i = 0; i < 10; i++) {
            assertThat(echo("b", Patience.SHORT).get(), is("b"));
        }
    }

    @Test
    void cut_connection_leaves_no_future_open_and_is_made_anew() throws Exception {
        proxy.swallowReplies();
        List<CompletableFuture<String>> calls = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            calls.add(echo("a", Patience.SHORT));
        }

        proxy.heal();

        for (CompletableFuture<String> call : calls) {
            call.handle((reply, failure) -> reply).get(SOON.toMillis(), TimeUnit.MILLISECONDS);
        }
        RedisUnavailableException first = (RedisUnavailableException) failure(calls.get(0));
        assertThat(first.maybeDone(), is(true));
        await().atMost(Duration.ofSeconds(2))
                .until(() -> echo("b", Patience.SHORT)
                        .exceptionally(failure -> "")
                        .join()
                        .equals("b"));
    }

    @Test
    void repeatable_call_survives_a_lost_reply() throws Exception {
        proxy.cutNextReply();

        assertThat(echo("a", Patience.repeatable(Duration.ofSeconds(5))).get(5, TimeUnit.SECONDS), is("a"));
    }

    @Test
    void black_hole_is_given_up_and_left_behind() throws Exception {
        proxy.blackHole();
        CompletableFuture<String> inFlight = echo("a", Patience.SHORT);
        CompletableFuture<String> patient = echo("b", Patience.repeatable(Duration.ofSeconds(20)));

        long start = System.nanoTime();
        RedisUnavailableException failure = (RedisUnavailableException) failure(inFlight);
        assertThat(failure.maybeDone(), is(true));
        assertThat(Duration.ofNanos(System.nanoTime() - start).toMillis(), is(lessThan(4000L)));

        proxy.heal();
        assertThat(patient.get(5, TimeUnit.SECONDS), is("b"));
    }

    @Test
    void known_outage_is_answered_at_once_and_nothing_is_done() throws Exception {
        proxy.refuse();
        RedisUnavailableException first = (RedisUnavailableException) failure(echo("a", Patience.SHORT));
        await().until(() -> {
            CompletableFuture<String> call = echo("a", Patience.SHORT);
            return call.isCompletedExceptionally();
        });

        CompletableFuture<String> call = echo("a", Patience.SHORT);

        assertThat(call.isDone(), is(true));
        assertThat(((RedisUnavailableException) failure(call)).maybeDone(), is(false));
        assertThat(first.getMessage(), containsString(proxy.url().toString()));
    }

    @Test
    void patient_call_waits_for_the_server_and_no_longer_than_it_said() throws Exception {
        proxy.refuse();
        await().until(() -> echo("a", Patience.SHORT).isCompletedExceptionally());
        CompletableFuture<String> shorter = echo("a", Patience.once(Duration.ofMillis(200)));
        CompletableFuture<String> longer = echo("b", Patience.once(Duration.ofSeconds(20)));

        assertThat(((RedisUnavailableException) failure(shorter)).maybeDone(), is(false));
        proxy.heal();

        assertThat(longer.get(2, TimeUnit.SECONDS), is("b"));
    }

    @Test
    void killed_and_restarted_server_is_used_again_within_two_seconds() {
        echo("a", Patience.SHORT).join();
        server.kill();
        await().until(() -> echo("a", Patience.SHORT).isCompletedExceptionally());
        server.start();

        long start = System.nanoTime();
        assertThat(echo("b", Patience.once(Duration.ofSeconds(20))).join(), is("b"));
        assertThat(Duration.ofNanos(System.nanoTime() - start).toMillis(), is(lessThan(2000L)));
    }

    @Test
    void every_future_ends_while_the_server_comes_and_goes() throws Exception {
        AtomicInteger ended = new AtomicInteger();
        AtomicInteger started = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    started.incrementAndGet();
                    try {
                        CompletableFuture<String> call = echo("x", Patience.SHORT);
                        call.handle((reply, failure) -> ended.incrementAndGet()).join();
                    } catch (CompletionException e) {
                        throw new AssertionError(e);
                    }
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (int i = 0; i < 20; i++) {
            proxy.cut();
            int before = ended.get();
            await().atMost(SOON).until(() -> ended.get() > before + 50);
        }
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(ended.get(), is(started.get()));
    }

    @Test
    void closing_ends_every_future() {
        proxy.swallowReplies();
        List<CompletableFuture<String>> calls = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            calls.add(echo("a", Patience.repeatable(Duration.ofMinutes(1))));
        }

        redis.close();
        calls.add(echo("late", Patience.repeatable(Duration.ofMinutes(1))));

        List<Throwable> failures = calls.stream().map(LaneTest::failure).toList();
        assertThat(failures, everyItem(instanceOf(RedisUnavailableException.class)));
    }

    @Test
    void lane_keeps_no_more_than_its_bound() {
        LaneLimits small = new LaneLimits(
                Duration.ofSeconds(2),
                Duration.ofSeconds(2),
                Duration.ofMillis(50),
                Duration.ofMillis(50),
                Duration.ofSeconds(1),
                10,
                1000,
                256,
                1 << 20);
        try (Redis bounded = Redis.connect(proxy.url(), "bounded", small)) {
            proxy.swallowReplies();
            List<CompletableFuture<Object>> calls = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                calls.add(bounded.call(Command.of("PING"), Patience.once(Duration.ofMinutes(1)), reply -> reply));
            }
            long refused = calls.stream()
                    .filter(CompletableFuture::isCompletedExceptionally)
                    .count();
            assertThat(refused, is(greaterThanOrEqualTo(100L - 2 * 11)));
            RedisUnavailableException failure = (RedisUnavailableException) failure(calls.get(99));
            assertThat(failure.maybeDone(), is(false));
            proxy.heal();
        }
    }
}
