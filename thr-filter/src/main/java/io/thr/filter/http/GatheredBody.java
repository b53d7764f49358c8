package io.thr.filter.http;

import io.thr.core.body.BodySource;
import io.thr.core.body.Drain;
import io.thr.core.body.Piece;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What was read of a body ahead.
 *
 * @param bytes the body, or its beginning
 * @param whole whether that is all of it; else its source has the rest
 */
public record GatheredBody(byte[] bytes, boolean whole) {

    private static final byte[] NOTHING = {};

    /** Why a body is not read to its end: all that are held together are too many bytes. */
    public static final class TooManyException extends IOException {

        private static final long serialVersionUID = 1L;

        private TooManyException() {
            super("too many bytes in flight");
        }
    }

    /**
     * Reads a body to its end, or until it has more than so many bytes.
     *
     * @param reserve asked for each piece, in bytes; false fails with {@link TooManyException}
     */
    public static CompletableFuture<GatheredBody> gather(BodySource source, long upTo, LongPredicate reserve) {
        Gathering gathering = new Gathering(source, upTo, reserve);
        gathering.more();
        return gathering.gathered;
    }

    private static final class Gathering {

        private final BodySource source;
        private final long upTo;
        private final LongPredicate reserve;
        private final CompletableFuture<GatheredBody> gathered = new CompletableFuture<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final AtomicBoolean wanted = new AtomicBoolean();
        private final Drain drain = new Drain(this::step);

        Gathering(BodySource source, long upTo, LongPredicate reserve) {
            this.source = source;
            this.upTo = upTo;
            this.reserve = reserve;
        }

        void more() {
            wanted.set(true);
            drain.run();
        }

        private void step() {
            if (wanted.compareAndSet(true, false)) {
                var unused = source.next().whenComplete(this::came);
            }
        }

        private void came(@Nullable Piece piece, @Nullable Throwable error) {
            if (piece instanceof Piece.Data data) {
                add(data.bytes());
            } else if (error != null) {
                gathered.completeExceptionally(error);
            } else {
                gathered.complete(new GatheredBody(bytes.size() == 0 ? NOTHING : bytes.toByteArray(), true));
            }
        }

        private void add(byte[] piece) {
            if (!reserve.test(piece.length)) {
                gathered.completeExceptionally(new TooManyException());
                return;
            }
            bytes.writeBytes(piece);
            if (bytes.size() > upTo) {
                gathered.complete(new GatheredBody(bytes.toByteArray(), false));
            } else {
                more();
            }
        }
    }
}
