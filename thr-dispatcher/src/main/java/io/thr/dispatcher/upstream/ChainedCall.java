package io.thr.dispatcher.upstream;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A call that is made of several, one after the other. Cancelling it cancels the one that is under way, and each that
 * comes later.
 */
class ChainedCall extends CompletableFuture<UpstreamResult> {

    // The race: cancel() ends this future and then looks for a step; under() sets the step and then looks whether the
    // future has ended. Whatever the order, one of the two sees the other.
    private volatile @Nullable Future<?> step;

    /** That call is now the one to cancel. */
    final void under(Future<?> call) {
        step = call;
        if (isCancelled()) {
            call.cancel(false);
        }
    }

    @Override
    public final boolean cancel(boolean mayInterrupt) {
        boolean cancelled = super.cancel(mayInterrupt);
        Future<?> call = step;
        if (cancelled && call != null) {
            call.cancel(false);
        }
        return cancelled;
    }
}
