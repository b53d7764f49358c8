package io.thr.filter.suspend;

import io.thr.core.body.BodySource;
import io.thr.core.body.Piece;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/**
 * A body of which somebody wants to know how its reading ends.
 *
 * @param read completed when its end has been read, or with what broke it off
 */
record ReadBody(BodySource body, CompletableFuture<Void> read) implements BodySource {

    @Override
    public CompletableFuture<Piece> next() {
        return body.next().whenComplete((piece, failure) -> {
            if (failure != null) {
                read.completeExceptionally(failure);
            } else if (piece instanceof Piece.End) {
                read.complete(null);
            }
        });
    }

    @Override
    public void cancel() {
        body.cancel();
        read.completeExceptionally(new CancellationException("no longer wanted"));
    }
}
