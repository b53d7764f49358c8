package io.thr.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;

import io.thr.core.BesideOthers;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@BesideOthers
class ResponseInboxTest {

    private static final RedisKeys KEYS = new RedisKeys("bus");

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private FaultyProxy proxy;
    private Redis redis;
    private RedisState state;
    private final Heard heard = new Heard();

    private static final class Heard implements ResponseListener {

        final Queue<String> messages = new ConcurrentLinkedQueue<>();
        final AtomicInteger losses = new AtomicInteger();

        @Override
        public void onResponse(String responseKey, byte[] message) {
            messages.add(responseKey + " " + new String(message, UTF_8));
            if (message.length == 0) {
                throw new IllegalStateException("a listener's fault");
            }
        }

        @Override
        public void onDataLost() {
            losses.incrementAndGet();
        }
    }

    @BeforeEach
    void connect() {
        proxy = FaultyProxy.before(server);
        redis = Redis.connect(proxy.url(), "inbox test");
        state = server.state();
    }

    @AfterEach
    void close() {
        redis.close();
        proxy.close();
        state.close();
    }

    private ResponseInbox shared() {
        ResponseInbox inbox = ResponseInbox.shared(redis, KEYS, "node", heard);
        awaitListening();
        return inbox;
    }

    private ResponseInbox perRequest() {
        ResponseInbox inbox = ResponseInbox.perRequest(redis, KEYS, "node", heard);
        awaitListening();
        return inbox;
    }

    private void awaitListening() {
        await().until(() -> String.valueOf(state.command("INFO", "clients")).contains("blocked_clients:1"));
    }

    @Test
    void all_requests_of_a_node_share_a_key_that_nobody_guesses() {
        try (ResponseInbox one = shared()) {
            try (ResponseInbox other = ResponseInbox.shared(redis, KEYS, "other", heard)) {
                assertThat(one.open("1"), is(one.open("2")));
                assertThat(one.open("1"), matchesPattern("thr:queue:response:[0-9a-f]{32}"));
                assertThat(one.open("1"), is(not(other.open("1"))));
            }
        }
    }

    @Test
    void responses_come_in_order_and_nothing_is_left() {
        try (ResponseInbox inbox = shared()) {
            String key = inbox.open("1");
            for (int i = 0; i < 500; i++) {
                state.command("LPUSH", key, "m" + i);
            }
            await().until(() -> heard.messages.size() == 500);
            assertThat(heard.messages.peek(), is(key + " m0"));
            int next = 0;
            for (String message : heard.messages) {
                assertThat(message, is(key + " m" + next++));
            }
            await().until(() -> state.content(key) == null);
        }
        assertThat(state.all(), is(anEmptyMap()));
    }

    @Test
    void large_responses_are_read_in_small_batches() {
        try (ResponseInbox inbox = shared()) {
            String key = inbox.open("1");
            String large = "x".repeat(3_000_000);
            for (int i = 0; i < 20; i++) {
                state.command("LPUSH", key, large);
            }
            await().until(() -> heard.messages.size() == 20);
            await().until(() -> state.content(key) == null);
        }
    }

    @Test
    void listener_that_throws_is_not_the_end() {
        try (ResponseInbox inbox = shared()) {
            state.command("LPUSH", inbox.open("1"), "");
            state.command("LPUSH", inbox.open("1"), "after");
            await().until(() -> heard.messages.size() == 2);
        }
    }

    @Test
    void every_response_is_delivered_though_the_connection_breaks_again_and_again() throws Exception {
        int count = 3000;
        try (ResponseInbox inbox = shared()) {
            String key = inbox.open("1");
            Thread cutter = new Thread(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    int before = heard.messages.size();
                    try {
                        proxy.cutNextReply();
                        proxy.cut();
                        await().pollInterval(Duration.ofMillis(5)).until(() -> heard.messages.size() > before);
                    } catch (RuntimeException e) {
                        // interrupted in its wait, at the end of the test
                        return;
                    }
                }
            });
            cutter.start();
            for (int i = 0; i < count; i++) {
                state.command("LPUSH", key, "m" + i);
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> new HashSet<>(heard.messages).size() == count);
            cutter.interrupt();
            cutter.join();
            await().until(() -> state.content(key) == null);
            assertThat(new HashSet<>(heard.messages), hasSize(count));
            assertThat(heard.losses.get(), is(0));
        }
    }

    @Test
    void responses_whose_reply_was_swallowed_come_again() {
        try (ResponseInbox inbox = shared()) {
            String key = inbox.open("1");
            proxy.swallowReplies();
            state.command("LPUSH", key, "a", "b");
            proxy.heal();
            await().until(() -> heard.messages.contains(key + " b"));
            state.command("LPUSH", key, "c", "d", "e");
            await().until(() -> heard.messages.contains(key + " e"));
            assertThat(
                    new HashSet<>(heard.messages),
                    is(Set.of(key + " a", key + " b", key + " c", key + " d", key + " e")));
            await().until(() -> state.content(key) == null);
        }
    }

    @Test
    void trim_whose_reply_was_lost_is_not_repeated_on_what_came_later() {
        try (ResponseInbox inbox = shared()) {
            String key = inbox.open("1");
            state.command("LPUSH", key, "a", "b");
            await().until(() -> heard.messages.size() == 2);
            // the server has trimmed and waits; this reply, which tells so, is lost
            await().until(() -> state.content(key) == null);
            proxy.cutNextReply();
            state.command("LPUSH", key, "c", "d", "e");
            await().until(() -> new HashSet<>(heard.messages).size() == 5);
        }
    }

    @Test
    void restart_without_data_is_told_once_and_responses_come_again() {
        try (ResponseInbox inbox = shared()) {
            server.kill();
            server.start();
            await().until(() -> heard.losses.get() == 1);
            awaitListening();
            state.command("LPUSH", inbox.open("1"), "a");
            await().until(() -> heard.messages.size() == 1);
            proxy.cut();
            awaitListening();
            state.command("LPUSH", inbox.open("1"), "b");
            await().until(() -> heard.messages.size() == 2);
            assertThat(heard.losses.get(), is(1));
        }
    }

    @Test
    void black_hole_is_left_behind() {
        try (ResponseInbox inbox = shared()) {
            proxy.swallowReplies();
            state.command("LPUSH", inbox.open("1"), "a");
            // within the block and a second the watchdog gives the connection up; the next ones see nothing either
            await().atMost(Duration.ofSeconds(10)).until(() -> proxy.accepted() > 5);
            proxy.heal();
            await().until(() -> heard.messages.size() == 1);
        }
    }

    @Test
    void idle_inbox_asks_less_than_once_a_second() {
        try (ResponseInbox inbox = shared()) {
            assertThat(inbox.open("1").isEmpty(), is(false));
            state.command("CONFIG", "RESETSTAT");
            await().pollInterval(Duration.ofMillis(200))
                    .during(Duration.ofSeconds(5))
                    .atMost(Duration.ofSeconds(6))
                    .until(() -> {
                        long asked = state.commandCalls().entrySet().stream()
                                .filter(calls -> !calls.getKey().equals("info"))
                                .filter(calls -> !calls.getKey().startsWith("config"))
                                .mapToLong(calls -> calls.getValue())
                                .sum();
                        return asked <= 5;
                    });
        }
    }

    @Test
    void closing_ends_the_wait_and_leaves_no_key() {
        ResponseInbox inbox = shared();
        assertThat(state.keys(), hasItem(KEYS.node("node")));
        long start = System.nanoTime();

        inbox.close();

        assertThat(Duration.ofNanos(System.nanoTime() - start).toMillis(), is(lessThan(1500L)));
        await().until(() -> state.all().isEmpty());
    }

    @Test
    void each_request_can_have_its_own_key() {
        try (ResponseInbox inbox = perRequest()) {
            String one = inbox.open("1");
            String two = inbox.open("2");
            assertThat(List.of(one, two), is(List.of("thr:queue:response:1", "thr:queue:response:2")));
            state.command("LPUSH", two, "b");
            state.command("LPUSH", one, "a");

            await().until(() -> heard.messages.size() == 2);

            assertThat(new HashSet<>(heard.messages), is(Set.of(one + " a", two + " b")));
            inbox.forget("1");
            inbox.forget("2");
        }
        await().until(() -> state.all().isEmpty());
    }

    @Test
    void response_that_was_there_before_its_key_was_listened_to_is_heard() {
        try (ResponseInbox inbox = perRequest()) {
            state.command("LPUSH", "thr:queue:response:1", "early");

            String key = inbox.open("1");

            await().until(() -> heard.messages.contains(key + " early"));
        }
    }

    @Test
    void two_thousand_open_keys_are_all_heard() {
        try (ResponseInbox inbox = perRequest()) {
            for (int i = 0; i < 2000; i++) {
                inbox.open("r" + i);
            }
            for (int i = 0; i < 2000; i++) {
                state.command("LPUSH", "thr:queue:response:r" + i, "m");
            }
            await().until(() -> heard.messages.size() == 2000);
            for (int i = 0; i < 2000; i++) {
                inbox.forget("r" + i);
            }
        }
        await().until(() -> state.all().isEmpty());
    }

    @Test
    void own_keys_are_heard_again_after_a_break() {
        try (ResponseInbox inbox = perRequest()) {
            String before = inbox.open("1");
            proxy.cut();
            awaitListening();
            String after = inbox.open("2");
            state.command("LPUSH", before, "a");
            state.command("LPUSH", after, "b");

            await().until(() -> heard.messages.size() == 2);
        }
    }
}
