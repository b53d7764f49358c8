package io.thr.dispatcher;

import io.thr.core.claim.Claim;
import io.thr.core.message.RequestMessage;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One execution of one request by this member, from its admission until it is answered, given back or dropped. It holds
 * one of its route's slots and gives it back once.
 */
final class Execution {

    private final Route route;
    private final Claim claim;
    private final RequestMessage message;
    private final boolean repeatable;
    private final long begunMillis;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean aborted;
    private volatile long calledMillis;
    private volatile @Nullable Future<?> call;

    Execution(Route route, Claim claim, RequestMessage message, long nowMillis) {
        this.route = route;
        this.claim = claim;
        this.message = message;
        this.repeatable = message.isRepeatable();
        this.begunMillis = nowMillis;
    }

    Route route() {
        return route;
    }

    Bus bus() {
        return route.bus();
    }

    Claim claim() {
        return claim;
    }

    RequestMessage message() {
        return message;
    }

    String requestId() {
        return message.extra().requestId();
    }

    /** Whether it may be executed again when nobody knows how far it got. */
    boolean repeatable() {
        return repeatable;
    }

    /** When it was admitted, epoch milliseconds. */
    long begunMillis() {
        return begunMillis;
    }

    /** When the upstream was called, epoch milliseconds. */
    long calledMillis() {
        return calledMillis;
    }

    /**
     * The upstream is being called. The race with {@link #abort}: one sets the call and then looks for an abort, the
     * other sets the abort and then looks for a call, so that one of them ends it.
     */
    void called(Future<?> call, long nowMillis) {
        calledMillis = nowMillis;
        this.call = call;
        if (aborted) {
            call.cancel(false);
        }
    }

    /** Ends the call, if there is one, and any that may still come. */
    void abort() {
        aborted = true;
        Future<?> running = call;
        if (running != null) {
            running.cancel(false);
        }
    }

    /** True for the first who ends it. */
    boolean end() {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        route.slots().release(1);
        return true;
    }
}
