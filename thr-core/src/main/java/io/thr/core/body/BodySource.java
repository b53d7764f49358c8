package io.thr.core.body;

import java.util.concurrent.CompletableFuture;

/**
 * A body that is asked for piece by piece: nobody gives more than its reader can take, so a slow reader slows the sender.
 * For one reader, which asks again when it has the last piece; the thread may be another each time.
 */
public interface BodySource {

    /**
     * The next piece; after {@link Piece.End} there is none to ask for.
     *
     * @return completed on any thread, which must not be blocked; fails where the body broke off
     */
    CompletableFuture<Piece> next();

    /** Nobody wants the rest: what is asked for fails, and whoever sends is told. Any thread, any number of times. */
    void cancel();
}
