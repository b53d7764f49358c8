package io.thr.dispatcher;

import io.thr.core.message.RequestMessage;
import io.thr.core.schedule.Claim;
import io.thr.dispatcher.upstream.CallWatch;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One execution of one request by this member, from when it is granted until it is answered, given back or dropped. It
 * owns one of its route's slots, and hands it to the {@link Finisher} with its last word.
 */
final class Execution {

    /** Why a call is ended before there is a response. */
    enum Abort {
        /** The lease is lost, or may be: the claim may be another's. */
        LEASE,
        /** Nobody waits for the response any more. */
        CLIENT_LEFT
    }

    /** An upstream that says more than Redis takes at the time is not quoted in full. */
    private static final int MAX_TELLING = 16;

    private final Finisher finisher;
    private final Claim claim;
    private final RequestMessage message;
    private final boolean repeatable;
    private final long begunMillis;
    private final AtomicBoolean ending = new AtomicBoolean();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private final AtomicReference<@Nullable Abort> aborted = new AtomicReference<>();
    private volatile long calledMillis;
    private volatile long calledNanos;
    private volatile int status;
    private volatile @Nullable String server;
    private volatile CallWatch trace = CallWatch.NONE;
    private volatile @Nullable Future<?> call;
    private volatile @Nullable Runnable streaming;
    private volatile @Nullable Upload upload;
    private @Nullable CompletableFuture<Void> told;
    private int telling;

    Execution(Finisher finisher, Claim claim, RequestMessage message, long nowMillis) {
        this.finisher = finisher;
        this.claim = claim;
        this.message = message;
        this.repeatable = message.isRepeatable();
        this.begunMillis = nowMillis;
    }

    Finisher finisher() {
        return finisher;
    }

    Route route() {
        return finisher.route();
    }

    Bus bus() {
        return route().bus();
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

    /** Whether that claim, under that owner, is what this executes. */
    boolean isOf(Claim other) {
        return claim.id().equals(other.id()) && claim.owner().equals(other.owner());
    }

    /** When it was admitted, epoch milliseconds. */
    long begunMillis() {
        return begunMillis;
    }

    /** When the upstream was called, epoch milliseconds; 0 where it was not. */
    long calledMillis() {
        return calledMillis;
    }

    /** How long ago the upstream was called; negative where it was not. */
    long calledNanosAgo() {
        return calledMillis == 0 ? -1 : System.nanoTime() - calledNanos;
    }

    /** Its response, or the one that is given in its place, has this status. */
    void status(int code) {
        status = code;
    }

    /** The status of its response; 0 where there is none. */
    int status() {
        return status;
    }

    /** It shows itself so. */
    ExecutionTrace traced(ExecutionTrace shown) {
        trace = shown;
        return shown;
    }

    /** Who is told where it is sent. */
    CallWatch trace() {
        return trace;
    }

    /** It is sent to that server now. */
    void sentTo(String url) {
        server = url;
    }

    /** The server that it was sent to last; null where none was. */
    @Nullable
    String server() {
        return server;
    }

    /**
     * The upstream is being called. The race with {@link #abort}: one sets the call and then looks for an abort, the
     * other sets the abort and then looks for a call, so that one of them ends it.
     */
    void called(Future<?> call, long nowMillis) {
        calledNanos = System.nanoTime();
        calledMillis = nowMillis;
        this.call = call;
        if (aborted.get() != null) {
            call.cancel(false);
        }
    }

    /** Its response has begun, and is ended by that; the same race as in {@link #called}. */
    void streaming(Runnable end) {
        streaming = end;
        if (aborted.get() != null) {
            end.run();
        }
    }

    /** Its body is read from its front; that ends with it. */
    void upload(Upload body) {
        upload = body;
    }

    /**
     * Tells its front something before its response, behind what it has been told, unless that is a lot.
     *
     * @param send sends it
     */
    synchronized void tell(Supplier<CompletableFuture<Void>> send) {
        if (telling == MAX_TELLING) {
            return;
        }
        telling++;
        CompletableFuture<Void> before = told == null ? CompletableFuture.completedFuture(null) : told;
        told = before.thenCompose(done -> send.get()).handle((done, error) -> {
            hasTold();
            return null;
        });
    }

    private synchronized void hasTold() {
        telling--;
    }

    /** Completed when what its front is told before the response has arrived, or cannot; null where there is nothing such. */
    synchronized @Nullable CompletableFuture<Void> told() {
        return told;
    }

    /** Ends the call, if there is one, and any that may still come. */
    void abort(Abort why) {
        aborted.compareAndSet(null, why);
        Future<?> running = call;
        if (running != null) {
            running.cancel(false);
        }
        Runnable stream = streaming;
        if (stream != null) {
            stream.run();
        }
    }

    /** Why it was aborted; null where it was not. */
    @Nullable
    Abort aborted() {
        return aborted.get();
    }

    /** True for the first who begins to end it, and with it hands on its slot. */
    boolean beginEnd() {
        boolean first = ending.compareAndSet(false, true);
        Upload body = upload;
        if (first && body != null) {
            body.cancel();
        }
        return first;
    }

    /** Its last word has been said, or cannot be; with whether its front has an answer by it. */
    void end(boolean answered) {
        ended.complete(answered);
    }

    /** Completed by {@link #end}. */
    CompletableFuture<Boolean> ended() {
        return ended;
    }
}
