package io.thr.filter.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.sameInstance;

import io.thr.core.body.BodySource;
import io.thr.core.body.Piece;
import io.thr.core.message.Headers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventStreamTest {

    private final EventStream events = new EventStream();

    private static String text(CompletableFuture<Piece> piece) {
        return new String(((Piece.Data) piece.join()).bytes(), UTF_8);
    }

    private static Answer answer(int status, String type, String body) {
        return new Answer(status, Headers.of("Content-Type", type), body.getBytes(UTF_8));
    }

    @Test
    void comment_is_read_by_who_waits_for_it_and_by_who_comes_later() {
        CompletableFuture<Piece> first = events.next();
        assertThat(first.isDone(), is(false));
        events.comment("a");
        assertThat(text(first), is(": a\n\n"));
        events.comment("b");
        assertThat(text(events.next()), is(": b\n\n"));
    }

    @Test
    void slow_reader_gets_the_newest_comment_alone() {
        events.comment("old");
        events.comment("new");
        assertThat(text(events.next()), is(": new\n\n"));
        assertThat(events.next().isDone(), is(false));
    }

    @Test
    void events_of_the_response_follow() {
        CompletableFuture<Piece> waiting = events.next();
        events.end(answer(200, "text/event-stream; charset=utf-8", "data: 1\n\n"));
        assertThat(text(waiting), is("data: 1\n\n"));
        assertThat(events.next().join(), is(Piece.End.PLAIN));
    }

    @ParameterizedTest
    @CsvSource({
        "404, text/plain, no, '{\"status\":404}'",
        "200, text/html, no, '{\"status\":200}'",
        "503, text/event-stream, 'data: 1', '{\"status\":503}'",
        "504, application/problem+json, '{\"status\":504,\"title\":\"late\"}', '{\"status\":504,\"title\":\"late\"}'"
    })
    void another_response_is_an_event(int status, String type, String body, String data) {
        events.end(answer(status, type, body));
        assertThat(text(events.next()), is("event: error\ndata: " + data + "\n\n"));
        assertThat(events.next().join(), is(Piece.End.PLAIN));
    }

    @Test
    void each_line_of_a_problem_is_a_line_of_data() {
        events.end(answer(500, "application/problem+json", "{\n \"status\": 500\n}\n"));
        assertThat(text(events.next()), is("event: error\ndata: {\ndata:  \"status\": 500\ndata: }\n\n"));
    }

    @Test
    void nothing_is_said_behind_the_response() {
        events.end(answer(404, "text/plain", "no"));
        events.comment("late");
        text(events.next());
        assertThat(events.next().join(), is(Piece.End.PLAIN));
    }

    private static final class Watched implements BodySource {

        private final AtomicInteger cancelled = new AtomicInteger();
        private final CompletableFuture<Piece> piece = new CompletableFuture<>();

        @Override
        public CompletableFuture<Piece> next() {
            return piece;
        }

        @Override
        public void cancel() {
            cancelled.incrementAndGet();
        }
    }

    @Test
    void what_breaks_off_breaks_off_here() {
        Watched rest = new Watched();
        CompletableFuture<Piece> waiting = events.next();
        events.follow(rest);
        Exception cause = new Exception("broken");
        rest.piece.completeExceptionally(cause);
        assertThat(waiting.handle((piece, failure) -> failure).join(), is(sameInstance(cause)));
    }

    @Test
    void who_leaves_cancels_what_follows_now_or_later() {
        Watched rest = new Watched();
        events.follow(rest);
        events.cancel();
        assertThat(rest.cancelled.get(), is(1));

        EventStream left = new EventStream();
        left.cancel();
        Watched late = new Watched();
        left.follow(late);
        assertThat(late.cancelled.get(), is(1));
    }

    @Test
    void events_are_for_those_who_accept_them() {
        assertThat(EventStream.isAccepted(List.of("text/html, Text/Event-Stream;q=0.5")), is(true));
        assertThat(EventStream.isAccepted(List.of("text/html", "*/*")), is(false));
        assertThat(EventStream.isAccepted(List.of()), is(false));
    }
}
