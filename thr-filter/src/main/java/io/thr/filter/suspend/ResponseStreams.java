package io.thr.filter.suspend;

import io.thr.core.body.BeganSource;
import io.thr.core.body.BrokenBodyException;
import io.thr.core.body.FrameReceiver;
import io.thr.core.message.Frame;
import io.thr.core.message.Headers;
import io.thr.core.message.ResponseMessage;
import io.thr.filter.http.Answer;
import io.thr.filter.http.Answers;
import io.thr.filter.http.EventStream;
import io.thr.filter.http.ResponseWriter;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The responses of a node that have begun and whose bodies come in frames. An exchange stays in here from when it has won its
 * end until all is written, or its client has left, or the body has broken off. Threads may share it.
 */
final class ResponseStreams {

    private static final Logger LOG = System.getLogger(ResponseStreams.class.getName());

    /** A dispatcher that lives ends a silent response by itself, and is given so much longer than it takes. */
    private static final Duration DISPATCHER_FIRST = Duration.ofSeconds(10);

    private final Answers answers;
    private final Duration silence;
    private final Consumer<SuspendedExchange> ended;
    private final Map<String, ResponseStream> streams = new ConcurrentHashMap<>();

    /**
     * Without any yet.
     *
     * @param timeout for how long an upstream may be silent
     * @param ended told of each when nothing more is written
     */
    ResponseStreams(Answers answers, Duration timeout, Consumer<SuspendedExchange> ended) {
        this.answers = answers;
        this.silence = timeout.plus(DISPATCHER_FIRST);
        this.ended = ended;
    }

    boolean isEmpty() {
        return streams.isEmpty();
    }

    boolean isOpen(String requestId) {
        return streams.containsKey(requestId);
    }

    /** Writes the response of an exchange whose end the caller has won. */
    void begin(NodeBus bus, SuspendedExchange suspended, ResponseMessage response, Headers headers, byte[] first) {
        String stream = Objects.requireNonNull(response.extra().stream());
        String list = bus.frameListOf(stream);
        Consumer<Frame> answer = list == null ? frame -> {} : frame -> bus.tell(list, frame);
        long length = headers.contentLength();
        ResponseStream body = new ResponseStream(
                suspended,
                new FrameReceiver(
                        suspended.id(), stream, answer, Frame.WINDOW, length < 0 ? -1 : length - first.length));
        streams.put(suspended.id(), body);
        var unused = suspended
                .whenWritten(answers.beginning(suspended.exchange(), response.statusCode(), headers, first))
                .thenCompose(made -> written(body, made, first))
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        LOG.log(Level.DEBUG, "request " + suspended.id() + ": its response broke off", failure);
                        body.cancel();
                    }
                    streams.remove(suspended.id());
                    ended.accept(suspended);
                });
    }

    private static CompletableFuture<Void> written(ResponseStream body, Answer answer, byte[] first) {
        SuspendedExchange suspended = body.suspended();
        EventStream events = suspended.events();
        // a rule may have another body for the client
        boolean passes =
                answer.body() == first && (events == null || EventStream.continues(answer.status(), answer.headers()));
        if (!passes) {
            body.cancel();
            suspended.write(answer);
            return CompletableFuture.completedFuture(null);
        }
        if (events != null) {
            suspended.responds(answer.status(), "answered");
            CompletableFuture<Void> read = new CompletableFuture<>();
            events.follow(new BeganSource(first, new ReadBody(body, read)));
            return read;
        }
        suspended.tellWhetherConnectionEnds();
        suspended.responds(answer.status(), "answered");
        return ResponseWriter.stream(suspended.context(), suspended.response(), suspended.clientMethod(), answer, body);
    }

    /** A frame of a response; says whether it was one of a response that is under way. */
    boolean receive(Frame frame) {
        ResponseStream stream = streams.get(frame.request());
        if (stream == null || !stream.frames().stream().equals(frame.stream())) {
            return false;
        }
        stream.frames().receive(frame);
        return true;
    }

    /** A response came whose exchange has ended: nobody waits for it, or its body is under way already, from another. */
    void late(NodeBus bus, String requestId, @Nullable String stream) {
        ResponseStream running = streams.get(requestId);
        if (running != null && running.frames().stream().equals(stream)) {
            return;
        }
        LOG.log(Level.DEBUG, "request {0}: a response came after its end", requestId);
        String list = stream == null ? null : bus.frameListOf(stream);
        if (stream != null && list != null) {
            bus.tell(list, new Frame.Abort(requestId, stream, "nobody waits for it"));
        }
        if (running != null) {
            breakOff(running, "another response came after it had begun");
        }
    }

    /** The client has left, where the response is under way; where it is written that has no effect any more. */
    void cancel(String requestId) {
        ResponseStream stream = streams.get(requestId);
        if (stream != null) {
            stream.cancel();
        }
    }

    /** Their clients must not take what they have for the whole. */
    void breakOff(String reason) {
        streams.values().forEach(stream -> breakOff(stream, reason));
    }

    private static void breakOff(ResponseStream stream, String reason) {
        stream.frames().fail(new BrokenBodyException(reason));
    }

    /** Tells the senders now and then that we are still here, and ends what they do not go on with: else nobody tells of a death. */
    void tick(long nowNanos) {
        for (ResponseStream stream : streams.values()) {
            stream.frames().tick(nowNanos);
            if (stream.frames().silentNanos(nowNanos) > silence.toNanos()) {
                breakOff(stream, "nothing has come for " + silence.toSeconds() + " s");
            }
        }
    }
}
