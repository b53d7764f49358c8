package io.thr.filter.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.thr.core.body.BeganSource;
import io.thr.core.body.BodySource;
import io.thr.core.body.EndSource;
import io.thr.core.body.Piece;
import io.thr.core.message.Headers;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The body of a response that begins while its request still waits: server-sent events (HTML §9.2), of which there are only
 * comments at first. When there is a response, that is the rest. Threads may share it.
 */
public final class EventStream implements BodySource {

    /** The type of such a body. */
    public static final String TYPE = "text/event-stream";

    /** What it begins with. The last field keeps nginx from gathering events. */
    public static final Answer HEAD = new Answer(
            200,
            Headers.of(List.of(
                    new Headers.Field("Content-Type", TYPE),
                    new Headers.Field("Cache-Control", "no-store"),
                    new Headers.Field("X-Accel-Buffering", "no"))),
            new byte[0]);

    // guarded by this
    private @Nullable CompletableFuture<Piece> asked;
    private byte @Nullable [] comment;
    private @Nullable BodySource rest;
    private boolean cancelled;

    /** Whether whoever sends those lines of Accept reads events. */
    public static boolean isAccepted(List<String> accept) {
        return accept.stream().anyMatch(line -> line.toLowerCase(Locale.ROOT).contains(TYPE));
    }

    /** Whether a response of that head can be the rest of the stream. */
    public static boolean continues(int status, Headers headers) {
        String type = headers.first("Content-Type");
        return status == 200 && type != null && type.toLowerCase(Locale.ROOT).startsWith(TYPE);
    }

    /** Says something that is no event; where the last was not yet read, instead of it. */
    public void comment(String text) {
        byte[] bytes = (": " + text + "\n\n").getBytes(UTF_8);
        CompletableFuture<Piece> waiter;
        synchronized (this) {
            if (rest != null || cancelled) {
                return;
            }
            waiter = asked;
            asked = null;
            if (waiter == null) {
                comment = bytes;
            }
        }
        if (waiter != null) {
            waiter.complete(new Piece.Data(bytes));
        }
    }

    /** The response is there: it follows, where it consists of events; else an event tells of it. */
    public void end(Answer answer) {
        byte[] bytes = continues(answer.status(), answer.headers()) ? answer.body() : error(answer);
        follow(new BeganSource(bytes, new EndSource(Piece.End.PLAIN)));
    }

    /** What follows from now on. */
    public void follow(BodySource source) {
        CompletableFuture<Piece> waiter;
        boolean unwanted;
        synchronized (this) {
            unwanted = rest != null || cancelled;
            if (!unwanted) {
                rest = source;
            }
            waiter = asked;
            asked = null;
        }
        if (unwanted) {
            source.cancel();
        } else if (waiter != null) {
            var unused = source.next().whenComplete((piece, error) -> {
                if (error == null) {
                    waiter.complete(piece);
                } else {
                    waiter.completeExceptionally(error);
                }
            });
        }
    }

    private static byte[] error(Answer answer) {
        StringBuilder event = new StringBuilder("event: error\n");
        String type = answer.headers().first("Content-Type");
        boolean isProblem = type != null && type.startsWith("application/problem+json");
        String data = isProblem ? new String(answer.body(), UTF_8).strip() : "{\"status\":" + answer.status() + "}";
        data.lines().forEach(line -> event.append("data: ").append(line).append('\n'));
        return event.append('\n').toString().getBytes(UTF_8);
    }

    @Override
    public CompletableFuture<Piece> next() {
        BodySource source;
        synchronized (this) {
            byte[] said = comment;
            comment = null;
            source = rest;
            if (source == null && said != null) {
                return CompletableFuture.completedFuture(new Piece.Data(said));
            }
            if (source == null) {
                CompletableFuture<Piece> later = new CompletableFuture<>();
                asked = later;
                return later;
            }
        }
        return source.next();
    }

    @Override
    public void cancel() {
        BodySource source;
        synchronized (this) {
            cancelled = true;
            source = rest;
        }
        if (source != null) {
            source.cancel();
        }
    }
}
