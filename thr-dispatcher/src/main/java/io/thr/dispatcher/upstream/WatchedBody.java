package io.thr.dispatcher.upstream;

import io.thr.core.body.BodySource;
import io.thr.core.body.Piece;
import java.util.concurrent.CompletableFuture;

/**
 * A body of which somebody wants to know when it has ended, in whatever way.
 *
 * @param ended called at least once
 */
record WatchedBody(BodySource body, Runnable ended) implements BodySource {

    @Override
    public CompletableFuture<Piece> next() {
        return body.next().whenComplete((piece, error) -> {
            if (!(piece instanceof Piece.Data)) {
                ended.run();
            }
        });
    }

    @Override
    public void cancel() {
        body.cancel();
        ended.run();
    }
}
