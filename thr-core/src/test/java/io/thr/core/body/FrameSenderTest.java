package io.thr.core.body;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import io.thr.core.message.Headers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class FrameSenderTest {

    private static final String REQUEST = "0123456789abcdef0123456789abcdef";
    private static final byte[] OPENING = "{opening}".getBytes(UTF_8);

    private final Source source = new Source();
    private final List<List<String>> sent = new ArrayList<>();
    private final Queue<CompletableFuture<Void>> sending = new ArrayDeque<>();

    /** Gives what it has, and lets the reader wait where it has nothing. */
    private static final class Source implements BodySource {

        private final Queue<Piece> pieces = new ArrayDeque<>();

        @Override
        public CompletableFuture<Piece> next() {
            Piece piece = pieces.poll();
            return piece == null ? new CompletableFuture<>() : CompletableFuture.completedFuture(piece);
        }

        @Override
        public void cancel() {
            pieces.clear();
        }
    }

    private FrameSender sender(long allowed) {
        return new FrameSender(
                REQUEST,
                "inbox.1",
                source,
                frames -> {
                    sent.add(frames.stream().map(FrameSenderTest::told).toList());
                    CompletableFuture<Void> call = new CompletableFuture<>();
                    sending.add(call);
                    return call;
                },
                allowed,
                OPENING);
    }

    private static String told(byte[] bytes) {
        String text = new String(bytes, UTF_8);
        return text.substring(text.indexOf('\n') + 1);
    }

    private static Piece data(String text) {
        return new Piece.Data(text.getBytes(UTF_8));
    }

    @Test
    void opening_does_not_wait_for_the_body() {
        var unused = sender(10).start();
        assertThat(sent, is(List.of(List.of("{opening}"))));
    }

    @Test
    void what_is_there_goes_with_the_opening() {
        source.pieces.add(data("a"));
        var unused = sender(10).start();
        assertThat(sent, is(List.of(List.of("{opening}", "a"))));
    }

    @Test
    void end_of_nothing_comes_when_the_opening_has_arrived() {
        source.pieces.add(Piece.End.PLAIN);
        CompletableFuture<Frame.End> end = sender(10).start();
        assertThat(sent, is(List.of(List.of("{opening}"))));
        assertThat(end.isDone(), is(false));
        sending.remove().complete(null);
        assertThat(end.join(), is(new Frame.End(REQUEST, "inbox.1", 0, Headers.EMPTY)));
    }

    @Test
    void end_needs_no_leave() {
        source.pieces.add(data("abc"));
        source.pieces.add(Piece.End.PLAIN);
        CompletableFuture<Frame.End> end = sender(3).start();
        sending.remove().complete(null);
        assertThat(end.join().pieces(), is(1L));
    }

    @Test
    void no_more_is_sent_than_is_allowed() {
        source.pieces.add(data("abc"));
        source.pieces.add(data("def"));
        source.pieces.add(Piece.End.PLAIN);
        FrameSender sender = sender(4);
        CompletableFuture<Frame.End> end = sender.start();
        sending.remove().complete(null);
        assertThat(sent, is(List.of(List.of("{opening}", "abc", "d"))));
        sender.credit(6);
        sending.remove().complete(null);
        assertThat(sent.get(1), is(List.of("ef")));
        assertThat(end.join().pieces(), is(3L));
    }

    @Test
    void frames_are_frames() throws Exception {
        source.pieces.add(data("abc"));
        List<byte[]> frames = new ArrayList<>();
        var unused = new FrameSender(
                        REQUEST,
                        "inbox.1",
                        source,
                        some -> {
                            frames.addAll(some);
                            return CompletableFuture.completedFuture(null);
                        },
                        10)
                .start();
        Frame.Data read = (Frame.Data) FrameCodec.read(frames.get(0));
        assertThat(new String(read.bytes(), UTF_8), is("abc"));
    }
}
