package io.thr.dispatcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.body.BeganSource;
import io.thr.core.body.BodySource;
import io.thr.core.body.BrokenBodyException;
import io.thr.core.body.FrameSender;
import io.thr.core.log.StormLog;
import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.FrameInbox;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Passes on responses whose bodies are not here yet: the head at once, then the body in frames, as fast as the front reads
 * it. The slot is held until the end, which is the execution's last word. Never blocks; threads may share it.
 *
 * <p>A request whose response has begun is not run again, whatever its method, for its front could do nothing with another:
 * Redis is told that it was sent. Where this member is lost, whoever takes the request over refuses it, and by that its front
 * knows that it has to break off.
 */
final class ResponseStreams {

    private static final byte[] NOTHING = {};

    private static final System.Logger LOG = System.getLogger(ResponseStreams.class.getName());
    private static final StormLog BROKEN_OFF = StormLog.of(LOG);

    /** A front gives a sign of life every ten seconds. */
    private static final Duration SILENCE = Duration.ofSeconds(30);

    /** A longer beginning of a body goes in a frame: in a message it would be text, several times as long. */
    private static final int SHORT_BEGINNING = 1024;

    private final Duration expiry;
    private final Map<FrameSender, Execution> open = new ConcurrentHashMap<>();

    /** With how long what nobody reads stays in Redis. */
    ResponseStreams(Duration expiry) {
        this.expiry = expiry;
    }

    /**
     * Sends it.
     *
     * @param head the response, with the part of the body that is here
     * @param ended told the last frame, to be the execution's last word, or why there is none
     */
    void send(
            Execution execution, ResponseMessage head, BodySource rest, BiConsumer<byte[], @Nullable Throwable> ended) {
        Bus bus = execution.bus();
        String request = execution.requestId();
        String list = execution.message().extra().responseKey();
        Sending sending = new Sending();
        String stream = bus.frameInbox().open(sending);
        byte[] beginning = beginning(head);
        byte[] message = MessageCodec.write(new ResponseMessage(
                head.statusCode(),
                head.headers(),
                beginning.length > 0 ? MessageBody.of(NOTHING) : head.body(),
                head.extra().followedBy(stream)));
        AtomicBoolean begun = new AtomicBoolean();
        FrameSender sender = new FrameSender(
                request,
                stream,
                new BeganSource(beginning, rest),
                frames -> {
                    CompletableFuture<Void> sent = bus.frameLists().send(list, frames, expiry);
                    return begun.getAndSet(true) ? sent : sent.thenRun(() -> mark(execution));
                },
                Frame.WINDOW,
                message);
        sending.sender = sender;
        open.put(sender, execution);
        execution.streaming(() -> sender.abort(new CancellationException("aborted")));
        When.done(sender.start(), (last, error) -> {
            open.remove(sender);
            bus.frameInbox().forget(stream);
            if (error == null) {
                ended.accept(FrameCodec.write(last), null);
            } else {
                rest.cancel();
                BROKEN_OFF.log(
                        execution.aborted() == null ? WARNING : DEBUG,
                        "request {0}: its response broke off: {1}",
                        request,
                        Trouble.told(error));
                ended.accept(FrameCodec.write(new Frame.Abort(request, stream, "the response broke off")), error);
            }
        });
    }

    private static byte[] beginning(ResponseMessage head) {
        return head.body() instanceof MessageBody.Inline inline && inline.bytes().length > SHORT_BEGINNING
                ? inline.bytes()
                : NOTHING;
    }

    /** The mark follows the head: until that is there the request may well run again. */
    private static void mark(Execution execution) {
        if (execution.repeatable()) {
            When.done(execution.bus().scheduler().markSent(execution.claim()), (mine, error) -> {
                if (error != null) {
                    LOG.log(DEBUG, "request {0} may be run again: {1}", execution.requestId(), error);
                }
            });
        }
    }

    /** Ends what is sent to fronts that do not read any more. */
    void tick() {
        long now = System.nanoTime();
        for (FrameSender sender : open.keySet()) {
            if (sender.silentNanos(now) > SILENCE.toNanos()) {
                sender.abort(new BrokenBodyException("its front has said nothing for " + SILENCE.toSeconds() + " s"));
            }
        }
    }

    /** How many are under way. */
    int size() {
        return open.size();
    }

    /** Hears the reader of one response. */
    private static final class Sending implements FrameInbox.Listener {

        private volatile @Nullable FrameSender sender;

        @Override
        public void onFrame(Frame frame) {
            FrameSender told = sender;
            if (told == null) {
                return;
            }
            if (frame instanceof Frame.Credit credit) {
                told.credit(credit.bytes());
            } else if (frame instanceof Frame.Abort abort) {
                told.abort(new BrokenBodyException(abort.reason()));
            }
        }

        @Override
        public void onDataLost() {
            FrameSender told = sender;
            if (told != null) {
                told.abort(new BrokenBodyException("Redis has lost its data"));
            }
        }
    }
}
