package io.thr.filter.suspend;

import io.thr.core.body.BodySource;
import io.thr.core.body.FrameSender;
import io.thr.core.message.Frame;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of an exchange that stays with its client until a dispatcher asks for it, and is sent to that one in frames. It
 * can be read once: who asks later is told so. Threads may share it.
 */
final class RequestUpload {

    private final NodeBus bus;
    private final String request;
    private final BodySource source;
    private final Consumer<Throwable> failed;
    // guarded by this
    private @Nullable FrameSender sender;
    private boolean ended;

    /**
     * With what is to be read.
     *
     * @param failed told where the client does not give all of it
     */
    RequestUpload(NodeBus bus, String request, BodySource source, Consumer<Throwable> failed) {
        this.bus = bus;
        this.request = request;
        this.source = source;
        this.failed = failed;
    }

    /** A dispatcher asks for it, or for more of it. */
    void onCredit(Frame.Credit credit) {
        String list = bus.frameListOf(credit.stream());
        if (list == null) {
            return;
        }
        FrameSender begun = null;
        FrameSender told;
        synchronized (this) {
            if (sender == null && !ended) {
                begun = new FrameSender(
                        request, credit.stream(), source, frames -> bus.sendFrames(list, frames), credit.bytes());
                sender = begun;
            }
            told = sender;
        }
        if (begun != null) {
            begin(begun, list);
        } else if (told != null && told.stream().equals(credit.stream())) {
            told.credit(credit.bytes());
        } else {
            bus.tell(list, new Frame.Abort(request, credit.stream(), "the body has been read already"));
        }
    }

    private void begin(FrameSender begun, String list) {
        var unused = begun.start().whenComplete((end, error) -> {
            if (error == null) {
                bus.tell(list, end);
            } else {
                bus.tell(list, new Frame.Abort(request, begun.stream(), "the client's body broke off"));
                failed.accept(error);
            }
        });
    }

    /** Its reader wants no more of it. */
    void onAbort(String stream) {
        FrameSender told;
        synchronized (this) {
            told = sender;
        }
        if (told != null && told.stream().equals(stream)) {
            stop();
        }
    }

    /** The exchange has ended, or nobody wants the rest. */
    void stop() {
        FrameSender told;
        synchronized (this) {
            ended = true;
            told = sender;
        }
        if (told != null) {
            told.abort(new CancellationException("no longer wanted"));
        } else {
            source.cancel();
        }
    }
}
