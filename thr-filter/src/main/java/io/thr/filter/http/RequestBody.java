package io.thr.filter.http;

import io.thr.core.body.BodySource;
import io.thr.core.body.Drain;
import io.thr.core.body.Piece;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The body of a suspended request, read when somebody asks for it and without holding a thread. Until then it stays with
 * its client, who is told to go on ({@code 100 Continue}) by the first reading.
 */
public final class RequestBody implements BodySource, ReadListener {

    private static final int BUFFER = 32 * 1024;

    private final AsyncContext context;
    private final long maxBytes;
    private final Drain drain = new Drain(this::step);
    private final AtomicReference<@Nullable CompletableFuture<Piece>> asked = new AtomicReference<>();
    private volatile @Nullable Throwable failure;
    private volatile boolean finished;
    /** The container will call us when there is something to read. */
    private volatile boolean awaiting;

    // owned by the step
    private @Nullable ServletInputStream input;
    private byte @Nullable [] buffer;
    private long read;

    /** Why a body is not read to its end: it is larger than what is allowed. */
    public static final class TooLargeException extends IOException {

        private static final long serialVersionUID = 1L;

        private TooLargeException(long maxBytes) {
            super("a body of more than " + maxBytes + " bytes");
        }
    }

    /**
     * The body of a request on which async was started.
     *
     * @param maxBytes what it may have; one byte more fails with {@link TooLargeException}
     */
    public RequestBody(AsyncContext context, long maxBytes) {
        this.context = context;
        this.maxBytes = maxBytes;
    }

    /** Whether the request has, or may have, a body to read. */
    public static boolean hasBody(HttpServletRequest request) {
        long length = request.getContentLengthLong();
        if (length >= 0) {
            return length > 0;
        }
        // HTTP/1 without length and transfer coding has no body (RFC 9112 §6.3); later versions tell at the end only
        return request.getHeader("Transfer-Encoding") != null
                || !request.getProtocol().startsWith("HTTP/1");
    }

    /** Whether its client has sent all of it, and all has been read. */
    public boolean isWhole() {
        return finished;
    }

    @Override
    public CompletableFuture<Piece> next() {
        CompletableFuture<Piece> piece = new CompletableFuture<>();
        asked.set(piece);
        drain.run();
        return piece;
    }

    private void step() {
        CompletableFuture<Piece> waiter = asked.get();
        if (waiter == null) {
            return;
        }
        try {
            Piece piece = failure == null ? read() : null;
            if (piece != null) {
                asked.set(null);
                waiter.complete(piece);
            }
        } catch (IOException | IllegalStateException e) {
            failure = e;
        }
        Throwable broken = failure;
        if (broken != null && asked.compareAndSet(waiter, null)) {
            waiter.completeExceptionally(broken);
        }
    }

    /** The next piece; null where there is none now, and the container will call. */
    private @Nullable Piece read() throws IOException {
        ServletInputStream in = input;
        if (in == null) {
            in = context.getRequest().getInputStream();
            input = in;
            buffer = new byte[BUFFER];
            awaiting = true;
            in.setReadListener(this);
            return null;
        }
        while (!awaiting) {
            if (finished) {
                return Piece.End.PLAIN;
            }
            awaiting = true;
            if (!in.isReady()) {
                return null;
            }
            awaiting = false;
            byte[] into = buffer == null ? new byte[BUFFER] : buffer;
            int length = in.read(into);
            if (length < 0) {
                finished = true;
            } else if (length > 0) {
                read += length;
                if (read > maxBytes) {
                    throw new TooLargeException(maxBytes);
                }
                return new Piece.Data(Arrays.copyOf(into, length));
            }
        }
        return null;
    }

    @Override
    public void cancel() {
        if (failure == null) {
            failure = new CancellationException("no longer wanted");
        }
        drain.run();
    }

    @Override
    public void onDataAvailable() {
        awaiting = false;
        drain.run();
    }

    @Override
    public void onAllDataRead() {
        finished = true;
        awaiting = false;
        drain.run();
    }

    @Override
    public void onError(Throwable cause) {
        failure = cause;
        awaiting = false;
        drain.run();
    }
}
