package io.thr.dispatcher;

import io.thr.core.body.BodySource;
import io.thr.core.body.BrokenBodyException;
import io.thr.core.body.FrameReceiver;
import io.thr.core.body.Piece;
import io.thr.core.message.Frame;
import io.thr.core.redis.FrameInbox;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The body of a request that its front still has: asked for when the upstream takes it, so that it waits with its client
 * while the request waits in its queue. It can be read once.
 */
final class Upload implements BodySource, FrameInbox.Listener {

    private final Bus bus;
    private final String request;
    private final String responseKey;
    private final Duration expiry;
    private final String stream;
    private final FrameReceiver receiver;
    private final AtomicBoolean asked = new AtomicBoolean();

    private Upload(Execution execution, Duration expiry) {
        this.bus = execution.bus();
        this.request = execution.requestId();
        this.responseKey = execution.message().extra().responseKey();
        this.expiry = expiry;
        this.stream = bus.frameInbox().open(this);
        this.receiver = new FrameReceiver(request, stream, this::tell, Frame.WINDOW, length(execution));
    }

    /** Of the request that is executed; to be cancelled when that has ended, read or not. */
    static Upload of(Execution execution, Duration expiry) {
        return new Upload(execution, expiry);
    }

    private static long length(Execution execution) {
        return execution.message().headers().contentLength();
    }

    private void tell(Frame frame) {
        bus.frameLists().tell(responseKey, frame, expiry);
    }

    @Override
    public CompletableFuture<Piece> next() {
        if (asked.compareAndSet(false, true)) {
            tell(new Frame.Credit(request, stream, Frame.WINDOW));
        }
        return receiver.next();
    }

    @Override
    public void cancel() {
        bus.frameInbox().forget(stream);
        receiver.cancel();
    }

    @Override
    public void onFrame(Frame frame) {
        receiver.receive(frame);
    }

    @Override
    public void onDataLost() {
        receiver.fail(new BrokenBodyException("Redis has lost its data"));
    }
}
