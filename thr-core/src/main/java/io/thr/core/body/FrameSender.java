package io.thr.core.body;

import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import io.thr.core.message.Headers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends a body in frames as fast as its reader gives credit: asks the source for the next piece while the last is on its
 * way, and puts together what has come meanwhile. So a source that drips is passed on drop by drop, and one that flows in
 * frames of 64 KiB, up to half a window in a call. It never sends more than the reader takes, and holds half a window at most,
 * and one piece. Threads may share it.
 */
public final class FrameSender {

    /** How much goes in one frame, and how much in one call. */
    private static final int FRAME = 64 * 1024;

    private static final int BATCH = Frame.WINDOW / 2;

    private final String request;
    private final String stream;
    private final BodySource source;
    private final Function<List<byte[]>, CompletableFuture<?>> sink;
    private final Drain drain = new Drain(this::step);
    private final CompletableFuture<Frame.End> sent = new CompletableFuture<>();

    // written by whoever brings them, read by the step
    private volatile long allowed;
    private volatile @Nullable Throwable failure;
    private volatile boolean pushing;
    private volatile boolean asking;
    private volatile @Nullable Piece came;
    private volatile long heardNanos = System.nanoTime();

    // owned by the step
    private final Deque<byte[]> held = new ArrayDeque<>();
    private int heldBytes;
    private long frames;
    private @Nullable Headers trailers;
    private byte @Nullable [] opening;

    // written by the step, read by who watches
    private volatile long sentBytes;

    /**
     * A sender; {@link #start} begins.
     *
     * @param sink sends frames, after each other; called again when the last call is complete
     * @param allowed how many bytes the reader takes before it has said anything
     */
    public FrameSender(
            String request,
            String stream,
            BodySource source,
            Function<List<byte[]>, CompletableFuture<?>> sink,
            long allowed) {
        this(request, stream, source, sink, allowed, null);
    }

    /**
     * A sender of what something goes before; {@link #start} begins.
     *
     * @param opening goes first, at once, with the frames that are there by then; null for nothing
     */
    public FrameSender(
            String request,
            String stream,
            BodySource source,
            Function<List<byte[]>, CompletableFuture<?>> sink,
            long allowed,
            byte @Nullable [] opening) {
        this.request = request;
        this.stream = stream;
        this.source = source;
        this.sink = sink;
        this.allowed = allowed;
        this.opening = opening;
    }

    /**
     * Begins.
     *
     * @return the end, for the caller to send, when all before it has arrived; fails with what broke the body off
     */
    public CompletableFuture<Frame.End> start() {
        heardNanos = System.nanoTime();
        drain.run();
        return sent;
    }

    /** The stream's name. */
    public String stream() {
        return stream;
    }

    /** The reader takes so many bytes in all. */
    public void credit(long bytes) {
        heardNanos = System.nanoTime();
        // only the one thread that reads the inbox tells it
        allowed = Math.max(allowed, bytes);
        drain.run();
    }

    /** Sends nothing more. */
    public void abort(Throwable cause) {
        fail(cause);
        source.cancel();
        drain.run();
    }

    /** The first reason is the true one: others follow from it. */
    private synchronized void fail(Throwable error) {
        if (failure == null) {
            failure = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        }
    }

    /** For how long the reader, which has something to read, has said nothing; 0 where it owes nothing. */
    public long silentNanos(long nowNanos) {
        return sentBytes + Frame.WINDOW > allowed ? nowNanos - heardNanos : 0;
    }

    private void step() {
        boolean progress = true;
        while (progress && !sent.isDone()) {
            progress = take() || ask() || push();
        }
    }

    private boolean take() {
        Throwable broken = failure;
        if (broken != null) {
            sent.completeExceptionally(broken);
            return false;
        }
        Piece piece = came;
        if (piece == null) {
            return false;
        }
        came = null;
        asking = false;
        if (piece instanceof Piece.Data data) {
            if (data.bytes().length > 0) {
                held.add(data.bytes());
                heldBytes += data.bytes().length;
            }
        } else if (piece instanceof Piece.End end) {
            trailers = end.trailers();
        }
        return true;
    }

    private boolean ask() {
        // with nothing held it asks in any case, as the end needs nobody's leave
        boolean full = heldBytes >= BATCH || (heldBytes > 0 && sentBytes + heldBytes >= allowed);
        if (asking || trailers != null || full) {
            return false;
        }
        asking = true;
        var unused = begun(source::next).whenComplete((piece, error) -> {
            if (error == null) {
                came = piece;
            } else {
                fail(error);
            }
            drain.run();
        });
        return true;
    }

    private boolean push() {
        if (pushing) {
            return false;
        }
        Headers last = trailers;
        byte[] first = opening;
        if (held.isEmpty() && first == null) {
            if (last != null) {
                sent.complete(new Frame.End(request, stream, frames, last));
            }
            return false;
        }
        List<byte[]> batch = new ArrayList<>();
        if (first != null) {
            batch.add(first);
            opening = null;
        }
        int left = (int) Math.min(heldBytes, allowed - sentBytes);
        int size = 0;
        while (size < left) {
            byte[] bytes = pieces(left - size);
            size += bytes.length;
            batch.add(FrameCodec.write(new Frame.Data(request, stream, frames++, bytes)));
        }
        if (batch.isEmpty()) {
            return false;
        }
        long before = sentBytes;
        sentBytes = before + size;
        heldBytes -= size;
        pushing = true;
        var unused = begun(() -> sink.apply(batch)).whenComplete((done, error) -> {
            if (error != null) {
                fail(error);
            }
            pushing = false;
            drain.run();
        });
        return true;
    }

    /** One who throws instead of failing would leave the drain standing. */
    private static <T> CompletableFuture<? extends T> begun(Supplier<? extends CompletableFuture<? extends T>> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** As many of the held as go in a frame; one that is larger goes alone, as far as its reader takes it. */
    private byte[] pieces(int most) {
        byte[] first = held.remove();
        if (first.length > most) {
            held.addFirst(Arrays.copyOfRange(first, most, first.length));
            return Arrays.copyOf(first, most);
        }
        int length = first.length;
        List<byte[]> more = new ArrayList<>();
        while (!held.isEmpty() && length + held.element().length <= Math.min(FRAME, most)) {
            byte[] next = held.remove();
            more.add(next);
            length += next.length;
        }
        if (more.isEmpty()) {
            return first;
        }
        byte[] all = Arrays.copyOf(first, length);
        int at = first.length;
        for (byte[] next : more) {
            System.arraycopy(next, 0, all, at, next.length);
            at += next.length;
        }
        return all;
    }
}
