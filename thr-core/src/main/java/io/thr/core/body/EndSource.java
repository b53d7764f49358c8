package io.thr.core.body;

import java.util.concurrent.CompletableFuture;

/**
 * Nothing but the end is to come.
 *
 * @param end that
 */
public record EndSource(Piece.End end) implements BodySource {

    @Override
    public CompletableFuture<Piece> next() {
        return CompletableFuture.completedFuture(end);
    }

    @Override
    public void cancel() {
        // it is whole
    }
}
