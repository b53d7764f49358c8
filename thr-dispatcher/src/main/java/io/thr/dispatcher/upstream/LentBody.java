package io.thr.dispatcher.upstream;

import io.thr.core.body.BodySource;
import io.thr.core.body.Piece;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A body that comes while it is sent, lent to one try of a call. It can be read once, so it is lent to another only where
 * this one has not asked for any of it. Threads may share it.
 *
 * <p>The race: the try asks for the first piece while it is taken back, as Jetty may still do when it has told that the try
 * failed. One of both comes first: either the body is this try's for good, or it gets nothing of it.
 */
final class LentBody implements BodySource {

    private enum State {
        UNTOUCHED,
        TAKEN,
        RETURNED
    }

    private final BodySource body;
    private final AtomicReference<State> state = new AtomicReference<>(State.UNTOUCHED);

    LentBody(BodySource body) {
        this.body = body;
    }

    /** Ends the loan; false where some of the body was asked for, so that nobody else can have it. */
    boolean takeBack() {
        return state.compareAndSet(State.UNTOUCHED, State.RETURNED);
    }

    @Override
    public CompletableFuture<Piece> next() {
        state.compareAndSet(State.UNTOUCHED, State.TAKEN);
        return state.get() == State.TAKEN
                ? body.next()
                : CompletableFuture.failedFuture(new CancellationException("another try has the body"));
    }

    /** What was not touched may go to another try, or is cancelled by its owner. */
    @Override
    public void cancel() {
        if (state.get() == State.TAKEN) {
            body.cancel();
        }
    }
}
