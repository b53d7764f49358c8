package io.thr.filter.http;

import io.thr.core.body.BodySource;
import io.thr.core.body.Drain;
import io.thr.core.body.Piece;
import io.thr.core.message.Headers;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Writes a body to a client while it comes: each piece is flushed when no other is there yet, and the next is asked for when
 * the client takes it. Holds no thread. The container and whoever brings pieces call it, from any threads.
 */
final class StreamedBody implements WriteListener {

    private final AsyncContext context;
    private final HttpServletResponse response;
    private final ServletOutputStream output;
    private final BodySource source;
    private final CompletableFuture<Void> written;
    private final Drain drain = new Drain(this::step);
    private final AtomicReference<@Nullable Piece> came = new AtomicReference<>();
    private volatile @Nullable Throwable broken;
    private volatile @Nullable Throwable unwritable;
    /** The container will call us when the client takes more. */
    private volatile boolean awaiting = true;

    private volatile Map<String, String> trailers = Map.of();

    // owned by the step
    private boolean asking;
    private boolean unflushed = true;
    private boolean done;

    StreamedBody(
            AsyncContext context,
            HttpServletResponse response,
            ServletOutputStream output,
            byte[] first,
            BodySource source,
            CompletableFuture<Void> written) {
        this.context = context;
        this.response = response;
        this.output = output;
        this.source = source;
        this.written = written;
        if (first.length > 0) {
            asking = true;
            came.set(new Piece.Data(first));
        }
    }

    /** The fields behind the body, once it is written. */
    Map<String, String> trailers() {
        return trailers;
    }

    @Override
    public void onWritePossible() {
        awaiting = false;
        drain.run();
    }

    @Override
    public void onError(Throwable cause) {
        unwritable = cause;
        awaiting = false;
        drain.run();
    }

    private void step() {
        try {
            boolean progress = true;
            while (progress && !done) {
                progress = advance();
            }
        } catch (IOException | RuntimeException e) {
            unwritable = e;
            giveUp(e);
        }
    }

    private boolean advance() throws IOException {
        Throwable gone = unwritable;
        if (gone != null) {
            giveUp(gone);
            return false;
        }
        if (broken != null && came.get() == null) {
            breakOff(broken);
            return false;
        }
        if (awaiting || !isReady()) {
            return false;
        }
        Piece piece = came.getAndSet(null);
        if (piece instanceof Piece.Data data) {
            asking = false;
            output.write(data.bytes());
            unflushed = true;
            return true;
        }
        if (piece instanceof Piece.End end) {
            end(end.trailers());
            return false;
        }
        if (!asking) {
            ask();
            return true;
        }
        if (unflushed) {
            unflushed = false;
            output.flush();
            return true;
        }
        return false;
    }

    /** Set before it is asked, as the container may call at once. */
    private boolean isReady() {
        awaiting = true;
        if (output.isReady()) {
            awaiting = false;
            return true;
        }
        return false;
    }

    private void ask() {
        asking = true;
        var unused = source.next().whenComplete((piece, error) -> {
            if (error == null) {
                came.set(piece);
            } else {
                broken = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
            }
            drain.run();
        });
    }

    private void end(Headers fields) {
        done = true;
        Map<String, String> map = new LinkedHashMap<>();
        fields.forEach(field -> map.merge(field.name(), field.value(), (one, other) -> one + ", " + other));
        trailers = map;
        context.complete();
        written.complete(null);
    }

    /** The client must not take what it has for the whole. */
    private void breakOff(Throwable cause) {
        done = true;
        ResponseAbort.abort(context, response);
        written.completeExceptionally(cause);
    }

    private void giveUp(Throwable cause) {
        if (done) {
            return;
        }
        done = true;
        source.cancel();
        ResponseWriter.abandon(context, cause);
        written.completeExceptionally(cause);
    }
}
