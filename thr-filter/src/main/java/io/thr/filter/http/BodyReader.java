package io.thr.filter.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongPredicate;

/** Reads the body of a suspended request without holding a thread. The container calls it, one call at a time. */
public final class BodyReader implements ReadListener {

    private static final byte[] NOTHING = {};
    private static final int BUFFER = 8 * 1024;

    private final ServletInputStream input;
    private final long maxBytes;
    private final LongPredicate reserve;
    private final ByteArrayOutputStream read;
    private final byte[] buffer = new byte[BUFFER];
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();

    private BodyReader(ServletInputStream input, long length, long maxBytes, LongPredicate reserve) {
        this.input = input;
        this.maxBytes = maxBytes;
        this.reserve = reserve;
        // a client that promises much and sends little gets little memory
        this.read = new ByteArrayOutputStream((int) Math.max(32, Math.min(length, 64 * 1024)));
    }

    /** Why a body was not read to its end. */
    public static final class RefusedBodyException extends Exception {

        private static final long serialVersionUID = 1L;

        private final boolean tooLarge;

        private RefusedBodyException(boolean tooLarge, String message) {
            super(message);
            this.tooLarge = tooLarge;
        }

        /** True where this body alone is too large, false where all bodies in flight together are. */
        public boolean tooLarge() {
            return tooLarge;
        }
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

    /**
     * Reads all of the body of a request on which async was started.
     *
     * @param maxBytes what one body may have; one byte more fails with {@link RefusedBodyException}
     * @param reserve asked for each further piece, in bytes; false fails with {@link RefusedBodyException}
     */
    public static CompletableFuture<byte[]> read(AsyncContext context, long maxBytes, LongPredicate reserve) {
        ServletRequest request = context.getRequest();
        try {
            ServletInputStream input = request.getInputStream();
            BodyReader reader = new BodyReader(input, request.getContentLengthLong(), maxBytes, reserve);
            input.setReadListener(reader);
            return reader.body;
        } catch (IOException | IllegalStateException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public void onDataAvailable() throws IOException {
        while (!body.isDone() && input.isReady()) {
            int length = input.read(buffer);
            if (length < 0) {
                return;
            }
            if (read.size() + (long) length > maxBytes) {
                body.completeExceptionally(new RefusedBodyException(true, "more than " + maxBytes + " bytes"));
            } else if (!reserve.test(length)) {
                body.completeExceptionally(new RefusedBodyException(false, "too many bytes in flight"));
            } else {
                read.write(buffer, 0, length);
            }
        }
    }

    @Override
    public void onAllDataRead() {
        body.complete(read.size() == 0 ? NOTHING : read.toByteArray());
    }

    @Override
    public void onError(Throwable cause) {
        body.completeExceptionally(cause);
    }
}
