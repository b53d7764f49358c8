package io.thr.core.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.BesideOthers;
import io.thr.core.Logged;
import io.thr.core.body.BodySource;
import io.thr.core.body.BrokenBodyException;
import io.thr.core.body.FrameReceiver;
import io.thr.core.body.FrameSender;
import io.thr.core.body.Piece;
import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import io.thr.core.message.Headers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames on their lists: {@link FrameLists} puts them there, {@link FrameInbox} takes them off. */
@BesideOthers
class FramesInRedisTest {

    private static final RedisKeys KEYS = new RedisKeys("bus");
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final String REQUEST = "b4370dc760fa4c28aab831a037ef931d";
    private static final String LIST = KEYS.frames("4e14a81934674aed8d5abdadda16468b");

    @RegisterExtension
    static final RedisServer server = RedisServer.embedded();

    private FaultyProxy proxy;
    private Redis redis;
    private RedisState state;
    private FrameLists lists;
    private FrameInbox inbox;

    /** Keeps what it hears. */
    private static final class Heard implements FrameInbox.Listener {

        final Queue<Frame> frames = new ConcurrentLinkedQueue<>();
        final AtomicInteger losses = new AtomicInteger();

        @Override
        public void onFrame(Frame frame) {
            frames.add(frame);
        }

        @Override
        public void onDataLost() {
            losses.incrementAndGet();
        }
    }

    /** A body of so many bytes in pieces of 64 KiB, of which no two that follow each other are the same. */
    private static final class Source implements BodySource {

        private static final int PIECE = 64 * 1024;
        private static final byte[] BYTES = new byte[3 * PIECE];

        static {
            new Random(1).nextBytes(BYTES);
        }

        private final long length;
        private long given;

        Source(long length) {
            this.length = length;
        }

        /** Whether these are the bytes from there on. */
        static boolean hasAt(long place, byte[] bytes) {
            for (int i = 0; i < bytes.length; i++) {
                if (bytes[i] != BYTES[(int) ((place + i) % BYTES.length)]) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public CompletableFuture<Piece> next() {
            if (given == length) {
                return CompletableFuture.completedFuture(Piece.End.PLAIN);
            }
            int from = (int) (given % BYTES.length);
            given += PIECE;
            return CompletableFuture.completedFuture(new Piece.Data(Arrays.copyOfRange(BYTES, from, from + PIECE)));
        }

        @Override
        public void cancel() {
            // gives all it has
        }
    }

    @BeforeEach
    void connect() {
        proxy = FaultyProxy.before(server);
        redis = Redis.connect(proxy.url(), "frames test");
        state = server.state();
        lists = new FrameLists(redis, KEYS);
        inbox = new FrameInbox(redis, KEYS);
    }

    @AfterEach
    void close() {
        inbox.close();
        redis.close();
        proxy.close();
        state.close();
    }

    private String open(FrameInbox.Listener listener) {
        String stream = inbox.open(listener);
        await().until(() -> String.valueOf(state.command("INFO", "clients")).contains("blocked_clients:1"));
        return stream;
    }

    private String listOf(String stream) {
        return String.valueOf(lists.listOf(stream));
    }

    private static byte[] data(String stream, long number) {
        return FrameCodec.write(new Frame.Data(REQUEST, stream, number, new byte[] {(byte) number}));
    }

    private static List<Long> numbers(Heard heard) {
        return heard.frames.stream().map(frame -> ((Frame.Data) frame).number()).toList();
    }

    @Test
    void stream_leads_to_the_list_of_the_inbox_that_made_it() {
        String one = inbox.open(new Heard());
        String two = inbox.open(new Heard());
        assertThat(one, matchesPattern("[0-9a-f]{32}\\.1"));
        assertThat(two, is(one.substring(0, 32) + ".2"));
        assertThat(listOf(one), is("thr:{bus}:frames:" + one.substring(0, 32)));
        assertThat(listOf(two), is(listOf(one)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".1",
                "members",
                "4e14a81934674aed8d5abdadda16468b",
                "4e14a81934674aed8d5abdadda16468b.",
                "4e14a81934674aed8d5abdadda16468b.x",
                "4e14a81934674aed8d5abdadda16468b.1\n",
                "4e14a81934674aed8d5abdadda16468b.12345678901234567890",
                "4E14A81934674AED8D5ABDADDA16468B.1",
                "4e14a81934674aed8d5abdadda16468bb.1",
                "thr:{bus}:members.1"
            })
    void no_other_name_leads_anywhere(String stream) {
        assertThat(lists.listOf(stream), is(nullValue()));
    }

    @Test
    void list_that_nobody_reads_is_gone_after_its_expiry() throws Exception {
        lists.send(LIST, List.of(data("s.1", 0)), MINUTE).get();
        lists.send(LIST, List.of(data("s.1", 1)), Duration.ofMinutes(5)).get();
        assertThat((Long) state.command("LLEN", LIST), is(2L));
        assertThat((Long) state.command("TTL", LIST), is(greaterThan(60L)));
        // each sending sets it anew, and none leaves it without
        lists.send(LIST, List.of(data("s.1", 2)), Duration.ZERO).get();
        assertThat((Long) state.command("PTTL", LIST), is(greaterThan(0L)));
        assertThat((Long) state.command("PTTL", LIST), is(lessThanOrEqualTo(1000L)));
        await().atMost(Duration.ofSeconds(3)).until(() -> state.content(LIST) == null);
    }

    @Test
    void frames_come_in_order_to_their_stream_and_nothing_is_left() {
        Heard one = new Heard();
        Heard two = new Heard();
        String first = open(one);
        String second = inbox.open(two);
        List<byte[]> batch = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            batch.add(data(first, i));
            batch.add(data(second, i));
            if (batch.size() == 30) {
                lists.send(listOf(first), batch, MINUTE).join();
                batch.clear();
            }
        }
        await().until(() -> one.frames.size() == 300 && two.frames.size() == 300);
        for (Heard heard : List.of(one, two)) {
            long next = 0;
            for (long number : numbers(heard)) {
                assertThat(number, is(next++));
            }
        }
        await().until(() -> state.content(listOf(first)) == null);
        inbox.close();
        assertThat(state.all(), is(anEmptyMap()));
    }

    @Test
    void large_frames_are_read_in_small_batches() {
        Heard heard = new Heard();
        String stream = open(heard);
        for (int i = 0; i < 20; i++) {
            byte[] frame = FrameCodec.write(new Frame.Data(REQUEST, stream, i, new byte[1 << 20]));
            lists.send(listOf(stream), List.of(frame), MINUTE).join();
        }
        await().until(() -> heard.frames.size() == 20);
        await().until(() -> state.content(listOf(stream)) == null);
    }

    @Test
    void what_is_no_frame_and_what_nobody_awaits_is_in_nobodys_way() {
        Heard heard = new Heard();
        String stream = open(heard);
        Heard gone = new Heard();
        String forgotten = inbox.open(gone);
        inbox.forget(forgotten);
        String failing = inbox.open(new FrameInbox.Listener() {
            @Override
            public void onFrame(Frame frame) {
                throw new IllegalStateException("a listener's fault");
            }

            @Override
            public void onDataLost() {
                throw new IllegalStateException("a listener's fault");
            }
        });
        List<String> logged = Logged.by(FrameInbox.class, () -> {
            List<byte[]> sent = List.of(
                    "D nothing".getBytes(ISO_8859_1),
                    data(forgotten, 0),
                    data("4e14a81934674aed8d5abdadda16468b.1", 0),
                    data(failing, 0),
                    data(stream, 7));
            lists.send(listOf(stream), sent, MINUTE).join();
            await().until(() -> !heard.frames.isEmpty());
        });
        assertThat(numbers(heard), contains(7L));
        assertThat(gone.frames.isEmpty(), is(true));
        assertThat(inbox.streams(), is(2));
        assertThat(
                logged,
                contains("WARNING what came in on " + listOf(stream)
                        + " is dropped: frame: no head of four words in a line"));
    }

    @Test
    void frames_sent_while_redis_is_away_for_a_moment_arrive_in_order() throws Exception {
        Heard heard = new Heard();
        String stream = open(heard);
        proxy.refuse();
        CompletableFuture<Void> sent = lists.send(listOf(stream), List.of(data(stream, 0), data(stream, 1)), MINUTE);
        CompletableFuture<Void> later =
                sent.thenCompose(done -> lists.send(listOf(stream), List.of(data(stream, 2)), MINUTE));
        await().until(() -> proxy.accepted() > 0 && !sent.isDone());
        proxy.heal();
        later.get(10, TimeUnit.SECONDS);
        await().until(() -> heard.frames.size() >= 3);
        // what was sent again is known by its number
        assertThat(new TreeSet<>(numbers(heard)), contains(0L, 1L, 2L));
    }

    @Test
    void restart_without_data_is_told_to_every_stream_and_frames_come_again() {
        Heard one = new Heard();
        Heard two = new Heard();
        String stream = open(one);
        inbox.open(two);
        server.kill();
        server.start();
        await().until(() -> one.losses.get() == 1 && two.losses.get() == 1);
        lists.send(listOf(stream), List.of(data(stream, 5)), MINUTE).join();
        await().until(() -> !one.frames.isEmpty());
        assertThat(numbers(one), contains(5L));
        assertThat(one.losses.get(), is(1));
        inbox.close();
        assertThat(state.lasting(), is(empty()));
    }

    /** A body through the inbox of its reader, its credit through that of its sender. */
    private final class Passage implements AutoCloseable {

        final FrameInbox senders = new FrameInbox(redis, KEYS);
        final AtomicLong read = new AtomicLong();
        final CompletableFuture<Headers> end = new CompletableFuture<>();
        final CompletableFuture<Frame.End> sent = new CompletableFuture<>();
        final FrameReceiver receiver;
        private final FrameSender sender;
        private final String stream;

        Passage(long length) {
            stream = inbox.open(new FrameInbox.Listener() {
                @Override
                public void onFrame(Frame frame) {
                    receiver().receive(frame);
                }

                @Override
                public void onDataLost() {
                    receiver().fail(new BrokenBodyException("Redis has lost its data"));
                }
            });
            String back = senders.open(new FrameInbox.Listener() {
                @Override
                public void onFrame(Frame frame) {
                    if (frame instanceof Frame.Credit credit) {
                        sender().credit(credit.bytes());
                    } else if (frame instanceof Frame.Abort abort) {
                        sender().abort(new BrokenBodyException(abort.reason()));
                    }
                }

                @Override
                public void onDataLost() {
                    sender().abort(new BrokenBodyException("Redis has lost its data"));
                }
            });
            receiver = new FrameReceiver(
                    REQUEST, stream, frame -> lists.tell(listOf(back), of(back, frame), MINUTE), Frame.WINDOW, -1);
            sender = new FrameSender(
                    REQUEST,
                    stream,
                    new Source(length),
                    frames -> lists.send(listOf(stream), frames, MINUTE),
                    Frame.WINDOW);
        }

        private FrameReceiver receiver() {
            return receiver;
        }

        private FrameSender sender() {
            return sender;
        }

        /** The same word on the stream by which its sender is reached. */
        private Frame of(String back, Frame frame) {
            return frame instanceof Frame.Credit credit
                    ? new Frame.Credit(REQUEST, back, credit.bytes())
                    : new Frame.Abort(REQUEST, back, ((Frame.Abort) frame).reason());
        }

        void start() {
            read();
            var unused = sender.start().whenComplete((last, error) -> {
                lists.tell(
                        listOf(stream),
                        error == null ? last : new Frame.Abort(REQUEST, stream, "it broke off"),
                        MINUTE);
                if (error == null) {
                    sent.complete(last);
                } else {
                    sent.completeExceptionally(error);
                }
            });
        }

        private void read() {
            var unused = receiver.next().whenComplete((piece, error) -> {
                if (error != null) {
                    end.completeExceptionally(error);
                } else if (piece instanceof Piece.End last) {
                    end.complete(last.trailers());
                } else {
                    byte[] bytes = ((Piece.Data) piece).bytes();
                    if (Source.hasAt(read.get(), bytes)) {
                        read.addAndGet(bytes.length);
                        read();
                    } else {
                        end.completeExceptionally(new IllegalStateException("other bytes from " + read + " on"));
                    }
                }
            });
        }

        @Override
        public void close() {
            senders.close();
        }
    }

    @Test
    void body_arrives_whole_though_connections_break_again_and_again() throws Exception {
        long length = 12L << 20;
        try (Passage passage = new Passage(length)) {
            passage.start();
            int cuts = 0;
            while (!passage.end.isDone() && cuts < 15) {
                long before = passage.read.get();
                proxy.cutNextReply();
                proxy.cut();
                cuts++;
                await().pollInterval(Duration.ofMillis(5))
                        .until(() -> passage.end.isDone() || passage.read.get() > before);
            }
            assertThat(passage.end.get(20, TimeUnit.SECONDS), is(Headers.EMPTY));
            assertThat(passage.read.get(), is(length));
            assertThat(cuts, is(greaterThan(1)));
        }
    }

    @Test
    void body_breaks_off_at_both_ends_where_redis_loses_its_data() {
        try (Passage passage = new Passage(1L << 40)) {
            passage.start();
            await().until(() -> passage.read.get() > 2 << 20);
            server.kill();
            server.start();
            for (CompletableFuture<?> end : List.of(passage.end, passage.sent)) {
                ExecutionException broken = assertThrows(ExecutionException.class, () -> end.get(20, TimeUnit.SECONDS));
                assertThat(broken.getCause(), is(instanceOf(BrokenBodyException.class)));
            }
        }
    }
}
