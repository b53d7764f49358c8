package io.thr.filter.suspend;

import io.thr.core.body.BodySource;
import io.thr.core.body.FrameReceiver;
import io.thr.core.body.Piece;
import java.util.concurrent.CompletableFuture;

/**
 * A response on its way to the client, its body coming in frames.
 *
 * @param suspended whose it is; nobody but the stream touches it any more
 * @param frames the body
 */
record ResponseStream(SuspendedExchange suspended, FrameReceiver frames) implements BodySource {

    @Override
    public CompletableFuture<Piece> next() {
        return frames.next();
    }

    @Override
    public void cancel() {
        frames.cancel();
    }
}
