package io.thr.dispatcher.upstream;

import io.thr.core.body.BodySource;
import io.thr.core.body.Drain;
import io.thr.core.body.Piece;
import java.nio.ByteBuffer;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** The body of a request that comes while it is sent: asked for when Jetty wants it, so not before there is a connection. */
final class FollowingContent extends AsyncRequestContent {

    private final BodySource source;
    private final long length;
    private final Drain drain = new Drain(this::step);
    private final AtomicBoolean idle = new AtomicBoolean();
    private volatile boolean begun;
    private volatile boolean ended;

    /** With its length in bytes, or -1 where nobody knows. */
    FollowingContent(BodySource source, long length) {
        super((String) null);
        this.source = source;
        this.length = length;
    }

    @Override
    public long getLength() {
        return length;
    }

    @Override
    public void demand(Runnable demandCallback) {
        super.demand(demandCallback);
        if (!begun) {
            begun = true;
            askNext();
        }
    }

    private void askNext() {
        idle.set(true);
        drain.run();
    }

    private void step() {
        if (idle.compareAndSet(true, false)) {
            var unused = source.next().whenComplete(this::came);
        }
    }

    private void came(@Nullable Piece piece, @Nullable Throwable error) {
        if (piece instanceof Piece.Data data) {
            write(false, ByteBuffer.wrap(data.bytes()), Callback.from(this::askNext, this::fail));
        } else if (error != null) {
            fail(error);
        } else {
            ended = true;
            close();
        }
    }

    /** Nobody needs the rest. */
    void stop() {
        if (!ended) {
            fail(new CancellationException("the response came before the request's end"));
        }
    }

    @Override
    public void fail(Throwable failure) {
        super.fail(failure);
        source.cancel();
    }
}
