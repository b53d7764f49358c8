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
 * gives credit as they are read, so that it never holds more than a window: a sender that sends more than it may ends the
 * body. Threads may share it.
 */
public final class FrameReceiver implements BodySource {

    /** How often the sender hears that we are still here while it waits. */
    private static final long SIGN_OF_LIFE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final String request;
    private final String stream;
    private final Consumer<Frame> answer;
    private final long expected;

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
    /** The credits from the last that the sender is known to have heard, as it has sent up to it, to the last we gave. */
    private final Deque<Long> credits = new ArrayDeque<>();

    /**
     * Of that stream.
     *
     * @param answer sends a frame to the sender, without blocking
     * @param credited how many bytes it may send before it hears of us
     * @param expected how many will come, as far as is known, so that no more need be allowed; -1 where it is not
     */
    public FrameReceiver(String request, String stream, Consumer<Frame> answer, long credited, long expected) {
        this.expected = expected < 0 ? Long.MAX_VALUE : expected;
        this.request = request;
        this.stream = stream;
        this.answer = answer;
        this.credited = credited;
        credits.add(credited);
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
        String fault;
        lock.lock();
        try {
            if (number < next || ended || failure != null) {
                return;
            }
            fault = fault(number, piece);
            if (fault == null) {
                waiter = accept(piece);
            }
        } finally {
            lock.unlock();
        }
        if (fault != null) {
            fail(new BrokenBodyException(fault));
        } else if (waiter != null) {
            read(piece);
            waiter.complete(piece);
        }
    }

    // under lock; null where it is the next, and no more than the sender may send
    private @Nullable String fault(long number, Piece piece) {
        if (number > next) {
            return "a piece before the one of number " + number + " is missing";
        }
        if (piece instanceof Piece.Data data && receivedBytes + data.bytes().length > credited) {
            return "more came than the " + credited + " bytes that were allowed";
        }
        return null;
    }

    // under lock; whoever waits for it, or null where it waits to be asked for
    private @Nullable CompletableFuture<Piece> accept(Piece piece) {
        next++;
        heardNanos = System.nanoTime();
        ended = piece instanceof Piece.End;
        if (piece instanceof Piece.Data data) {
            receivedBytes += data.bytes().length;
            while (receivedBytes > credits.element()) {
                // it has sent more than that allowed, so it has heard the next
                credits.remove();
            }
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
            boolean wants = !ended && failure == null && credited < expected;
            if (wants && readBytes + Frame.WINDOW - credited >= Frame.WINDOW / 2) {
                credit = readBytes + Frame.WINDOW;
                credited = credit;
                credits.add(credit);
                saidNanos = now;
            }
        } finally {
            lock.unlock();
        }
        if (credit > 0) {
            answer.accept(new Frame.Credit(request, stream, credit));
        }
    }

    /**
     * Tells the sender now and then that we are still here, where it may wonder: it waits for us to read, or for a credit
     * that has been lost. Called by a timer.
     */
    public void tick(long nowNanos) {
        long credit = 0;
        lock.lock();
        try {
            boolean owes = receivedBytes + Frame.WINDOW > credited || receivedBytes == credits.element();
            if (owes && !ended && failure == null && nowNanos - saidNanos > SIGN_OF_LIFE_NANOS) {
                long all = readBytes + Frame.WINDOW;
                if (all > credited) {
                    credited = all;
                    credits.add(all);
                }
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
        CancellationException cause = new CancellationException("no longer wanted");
        fail(cause);
        lock.lock();
        try {
            if (failure == null && !waiting.isEmpty()) {
                // it was whole, and is not read to its end
                failure = cause;
            }
            waiting.clear();
        } finally {
            lock.unlock();
        }
    }
}
