package io.thr.filter.suspend;

import io.thr.core.message.RequestMessage;
import io.thr.core.trace.TraceContext;
import io.thr.core.trace.TraceSpan;
import io.thr.filter.http.Answer;
import io.thr.filter.http.EventStream;
import io.thr.filter.http.RequestBody;
import io.thr.filter.http.ResponseWriter;
import io.thr.filter.rule.Exchange;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One suspended exchange, from {@code startAsync} to its end.
 *
 * <pre>
 *                    ┌── response ────────┐
 *   reading → queued ┼── time-out ────────┼─→ ended
 *       └────────────┼── client gone ─────┤
 *                    └── node stopping ───┘
 * </pre>
 *
 * Several of these may come at the same moment on different threads. Whoever wins {@link #end()} alone touches the
 * response; all others drop what they have. Nobody touches request or response after that.
 */
final class SuspendedExchange {

    /** An upstream that says more than a client reads is not quoted in full. */
    private static final int MAX_WRITING = 16;

    private static final VarHandle ENDED;

    static {
        try {
            ENDED = MethodHandles.lookup().findVarHandle(SuspendedExchange.class, "ended", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Exchange exchange;
    private final AsyncContext context;
    private final HttpServletResponse response;
    private final String clientMethod;
    private final String protocol;
    private final long deadlineNanos;
    private final FilterMeters meters;
    private final TraceSpan span;
    private final long sinceNanos = System.nanoTime();
    private volatile boolean ended;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean answered;
    private volatile @Nullable Sent sent;
    private volatile @Nullable String bodyKey;
    private volatile @Nullable RequestBody body;
    private volatile @Nullable RequestUpload upload;
    private long reservedBytes;
    // guarded by this
    private @Nullable CompletableFuture<Void> written;
    private int writing;
    private @Nullable EventStream events;

    /**
     * @param clientMethod the method as the client sent it, which decides whether its response has a body
     * @param protocol the protocol as the container calls it
     * @param deadlineNanos on the node's clock
     * @param meters told how it ends
     * @param span its wait in the trace that it is part of, ended with it
     */
    SuspendedExchange(
            Exchange exchange,
            AsyncContext context,
            HttpServletResponse response,
            String clientMethod,
            String protocol,
            long deadlineNanos,
            FilterMeters meters,
            TraceSpan span) {
        this.exchange = exchange;
        this.context = context;
        this.response = response;
        this.clientMethod = clientMethod;
        this.protocol = protocol;
        this.deadlineNanos = deadlineNanos;
        this.meters = meters;
        this.span = span;
    }

    /**
     * What was put on the bus, kept so that it can be offered again when the bus lost it.
     *
     * @param bus where
     * @param queue the list
     * @param repeatable whether a second execution does no harm (RFC 9110 §9.2.2)
     * @param message what was said
     * @param body its body
     */
    record Sent(NodeBus bus, String queue, boolean repeatable, RequestMessage message, byte[] body) {}

    /** True for exactly one caller: the one that ends the exchange. */
    boolean end() {
        return !ended && ENDED.compareAndSet(this, false, true);
    }

    /**
     * Writes something to the client before its response, behind what is written so, unless the exchange has ended or that is
     * a lot. Whoever ends it awaits {@link #whenWritten} before touching the response.
     */
    synchronized void writeBeforeEnd(Supplier<CompletableFuture<Void>> write) {
        if (ended || events != null || writing == MAX_WRITING) {
            return;
        }
        writing++;
        CompletableFuture<Void> before = written == null ? CompletableFuture.completedFuture(null) : written;
        written = before.thenCompose(done -> ended ? before : write.get()).handle((done, failure) -> {
            hasWritten();
            return null;
        });
    }

    private synchronized void hasWritten() {
        writing--;
    }

    /** The same value, when also all that is written before the end has been written. Of use to whoever has won the end. */
    synchronized <T> CompletableFuture<T> whenWritten(CompletableFuture<T> made) {
        return written == null ? made : made.thenCombine(written, (value, done) -> value);
    }

    /** Writes the whole response and completes the exchange; called by the winner of its end alone. */
    void write(Answer answer) {
        responds(answer.status(), "failed");
        EventStream begun = events();
        if (begun == null) {
            tellWhetherConnectionEnds();
            ResponseWriter.writeAndComplete(context, response, clientMethod, answer);
        } else {
            begun.end(answer);
        }
    }

    /**
     * Its response, or the beginning of it, is about to be written. Called by the winner of its end alone, once; what is said
     * again has no effect.
     *
     * @param outcome one of few words, where nobody has said another before
     */
    void responds(int status, String outcome) {
        if (closed.compareAndSet(false, true)) {
            String said = answered ? "answered" : outcome;
            meters.ended(FilterMeters.Got.of(status), System.nanoTime() - sinceNanos);
            span.set("http.response.status_code", status).set("thr.outcome", said);
            if (status >= 500) {
                span.failed(Integer.toString(status));
            }
            span.end();
        }
    }

    /** What it gets is the upstream's. Called by the winner of its end alone. */
    void isAnswered() {
        answered = true;
    }

    /** Nothing is written here: its client has left, or the application answers. Called by the winner of its end alone. */
    void endsUnwritten(String outcome) {
        if (closed.compareAndSet(false, true)) {
            meters.ended(FilterMeters.Got.NOTHING, System.nanoTime() - sinceNanos);
            span.set("thr.outcome", outcome).end();
        }
    }

    /** Where in its trace its wait stands. */
    TraceContext trace() {
        return span.context();
    }

    /** Its response begins as a stream of events, unless it has ended or something is being written; after that nobody else touches the response. */
    synchronized boolean beginEvents(EventStream stream) {
        if (ended || writing > 0) {
            return false;
        }
        events = stream;
        return true;
    }

    /** The stream of events as which its response has begun; null where it has not. */
    synchronized @Nullable EventStream events() {
        return events;
    }

    boolean hasEnded() {
        return ended;
    }

    String id() {
        return exchange.requestId();
    }

    Exchange exchange() {
        return exchange;
    }

    AsyncContext context() {
        return context;
    }

    HttpServletResponse response() {
        return response;
    }

    String clientMethod() {
        return clientMethod;
    }

    String protocol() {
        return protocol;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    @Nullable
    Sent sent() {
        return sent;
    }

    void sent(Sent sent) {
        this.sent = sent;
    }

    /** The body that is read while the client sends it; where that is not read whole, the connection ends with the response. */
    void endsConnectionUnlessWhole(RequestBody coming) {
        this.body = coming;
    }

    /**
     * Before the response is written: where its client still sends the body, the connection ends with the response, and it
     * is told so (RFC 9112 §9.3). HTTP/2 ends its stream, and has no such field (RFC 9113 §8.2.2).
     */
    void tellWhetherConnectionEnds() {
        RequestBody coming = body;
        if (coming != null && !coming.isWhole() && protocol.startsWith("HTTP/1")) {
            response.setHeader("Connection", "close");
        }
    }

    /** The body that stays with its client until it is asked for; null where there is none such. */
    @Nullable
    RequestUpload upload() {
        return upload;
    }

    void upload(RequestUpload following) {
        this.upload = following;
    }

    /** The key of a body that does not travel in its message. */
    @Nullable
    String bodyKey() {
        return bodyKey;
    }

    void bodyKey(String key) {
        this.bodyKey = key;
    }

    /**
     * Takes bytes of the budget for a further piece of the body, until {@link #release}. Synchronized with it: a
     * time-out may end the exchange while its body still comes in, and nothing may be taken after that.
     */
    synchronized boolean reserve(BodyBudget budget, long bytes) {
        if (ended || !budget.reserve(bytes)) {
            return false;
        }
        reservedBytes += bytes;
        return true;
    }

    /** Gives back what was taken. */
    synchronized void release(BodyBudget budget) {
        budget.release(reservedBytes);
        reservedBytes = 0;
    }
}
