package io.thr.dispatcher.upstream;

import io.thr.core.body.BodySource;
import io.thr.core.body.Drain;
import io.thr.core.body.Piece;
import io.thr.core.message.Headers;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** The rest of a response, read from Jetty when it is asked for: what nobody asks for stays in the socket. */
final class JettyBody implements BodySource {

    private final Response response;
    private final Content.Source source;
    private final Drain drain = new Drain(this::step);
    private final AtomicReference<@Nullable CompletableFuture<Piece>> asked = new AtomicReference<>();
    private volatile @Nullable Throwable failure;

    // owned by the step
    private @Nullable Headers trailers;

    JettyBody(Response response, Content.Source source) {
        this.response = response;
        this.source = source;
    }

    @Override
    public CompletableFuture<Piece> next() {
        CompletableFuture<Piece> piece = new CompletableFuture<>();
        asked.set(piece);
        drain.run();
        return piece;
    }

    private void step() {
        CompletableFuture<Piece> waiter = asked.get();
        if (waiter == null) {
            return;
        }
        Throwable broken = failure;
        if (broken != null) {
            asked.set(null);
            waiter.completeExceptionally(broken);
            return;
        }
        Piece piece = trailers == null ? read() : new Piece.End(trailers);
        if (piece != null) {
            asked.set(null);
            waiter.complete(piece);
        } else if (failure != null) {
            drain.run();
        } else {
            source.demand(drain::run);
        }
    }

    /** The next piece, or null where there is none now. */
    private @Nullable Piece read() {
        while (true) {
            Content.Chunk chunk = source.read();
            if (chunk == null) {
                return null;
            }
            if (Content.Chunk.isFailure(chunk)) {
                fail(chunk.getFailure());
                var unused = response.abort(chunk.getFailure());
                return null;
            }
            if (chunk.isLast()) {
                trailers = JettyCall.trailers(response);
            }
            byte[] bytes = new byte[chunk.remaining()];
            chunk.get(bytes, 0, bytes.length);
            chunk.release();
            if (bytes.length > 0) {
                return new Piece.Data(bytes);
            }
            if (trailers != null) {
                return new Piece.End(trailers);
            }
        }
    }

    /** It broke off. */
    void fail(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
        drain.run();
    }

    @Override
    public void cancel() {
        CancellationException cause = new CancellationException("no longer wanted");
        fail(cause);
        var unused = response.abort(cause);
    }
}
