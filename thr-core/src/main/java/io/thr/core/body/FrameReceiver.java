package io.thr.core.body;

import io.thr.core.message.Frame;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a body that comes in frames: puts them in order, drops those that come twice, notices that one is missing, and
 * gives credit as they are read, so that it never holds more than a window. Threads may share it.
 */
public final class FrameReceiver implements BodySource {

    /** How often the sender hears that we are still here while it waits. */
    private static final long SIGN_OF_LIFE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final String request;
    private final String stream;
    private final Consumer<Frame> answer;

    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private final Deque<Piece> waiting = new ArrayDeque<>();
    private @Nullable CompletableFuture<Piece> asked;
    private @Nullable Throwable failure;
    private long next;
    private long receivedBytes;
    private long readBytes;
    private long credited;
    private long saidNanos = System.nanoTime();
    private long heardNanos = saidNanos;
    private boolean ended;

    /**
     * Of that stream.
     *
     * @param answer sends a frame to the sender, without blocking
     * @param credited how many bytes it may send before it hears of us
     */
    public FrameReceiver(String request, String stream, Consumer<Frame> answer, long credited) {
        this.request = request;
        this.stream = stream;
        this.answer = answer;
        this.credited = credited;
    }

    /** The stream's name. */
    public String stream() {
        return stream;
    }

    /** A frame came in; those of other streams are passed over. */
    public void receive(Frame frame) {
        if (!frame.stream().equals(stream)) {
            return;
        }
        if (frame instanceof Frame.Data data) {
            arrive(data.number(), new Piece.Data(data.bytes()));
        } else if (frame instanceof Frame.End end) {
            arrive(end.pieces(), new Piece.End(end.trailers()));
        } else if (frame instanceof Frame.Abort abort) {
            end(new BrokenBodyException(abort.reason()));
        }
    }

    private void arrive(long number, Piece piece) {
        CompletableFuture<Piece> waiter = null;
        boolean missing;
        lock.lock();
        try {
            if (number < next || ended || failure != null) {
                return;
            }
            missing = number > next;
            if (!missing) {
                waiter = accept(piece);
            }
        } finally {
            lock.unlock();
        }
        if (missing) {
            fail(new BrokenBodyException("a piece before the one of number " + number + " is missing"));
        } else if (waiter != null) {
            read(piece);
            waiter.complete(piece);
        }
    }

    // under lock; whoever waits for it, or null where it waits to be asked for
    private @Nullable CompletableFuture<Piece> accept(Piece piece) {
        next++;
        heardNanos = System.nanoTime();
        ended = piece instanceof Piece.End;
        if (piece instanceof Piece.Data data) {
            receivedBytes += data.bytes().length;
        }
        CompletableFuture<Piece> waiter = asked;
        asked = null;
        if (waiter == null) {
            waiting.add(piece);
        }
        return waiter;
    }

    /** It will not be whole, and its sender is told. What has come is still read. */
    public void fail(Throwable cause) {
        if (end(cause)) {
            answer.accept(new Frame.Abort(request, stream, String.valueOf(cause.getMessage())));
        }
    }

    private boolean end(Throwable cause) {
        CompletableFuture<Piece> waiter;
        lock.lock();
        try {
            if (ended || failure != null) {
                return false;
            }
            failure = cause;
            waiter = asked;
            asked = null;
        } finally {
            lock.unlock();
        }
        if (waiter != null) {
            waiter.completeExceptionally(cause);
        }
        return true;
    }

    @Override
    public CompletableFuture<Piece> next() {
        Piece piece;
        lock.lock();
        try {
            piece = waiting.poll();
            if (piece == null) {
                if (failure != null) {
                    return CompletableFuture.failedFuture(failure);
                }
                // what was slow until now is its reader
                heardNanos = System.nanoTime();
                CompletableFuture<Piece> later = new CompletableFuture<>();
                asked = later;
                return later;
            }
        } finally {
            lock.unlock();
        }
        read(piece);
        return CompletableFuture.completedFuture(piece);
    }

    private void read(Piece piece) {
        if (!(piece instanceof Piece.Data data)) {
            return;
        }
        long now = System.nanoTime();
        long credit = 0;
        lock.lock();
        try {
            readBytes += data.bytes().length;
            if (!ended && readBytes + Frame.WINDOW - credited >= Frame.WINDOW / 2) {
                credit = readBytes + Frame.WINDOW;
                credited = credit;
                saidNanos = now;
            }
        } finally {
            lock.unlock();
        }
        if (credit > 0) {
            answer.accept(new Frame.Credit(request, stream, credit));
        }
    }

    /** Tells the sender now and then that we are still here, where it may wonder; called by a timer. */
    public void tick(long nowNanos) {
        long credit = 0;
        lock.lock();
        try {
            boolean owes = receivedBytes + Frame.WINDOW > credited;
            if (owes && !ended && failure == null && nowNanos - saidNanos > SIGN_OF_LIFE_NANOS) {
                credited = Math.max(credited, readBytes + Frame.WINDOW);
                credit = credited;
                saidNanos = nowNanos;
            }
        } finally {
            lock.unlock();
        }
        if (credit > 0) {
            answer.accept(new Frame.Credit(request, stream, credit));
        }
    }

    /** For how long the reader has been waiting in vain; 0 where it does not wait. */
    public long silentNanos(long nowNanos) {
        lock.lock();
        try {
            return asked == null ? 0 : Math.max(0, nowNanos - heardNanos);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void cancel() {
        fail(new CancellationException("no longer wanted"));
        lock.lock();
        try {
            waiting.clear();
        } finally {
            lock.unlock();
        }
    }
}
