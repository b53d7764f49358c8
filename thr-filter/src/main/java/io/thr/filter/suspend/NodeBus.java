package io.thr.filter.suspend;

import io.thr.core.log.StormLog;
import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import io.thr.core.message.MalformedMessageException;
import io.thr.core.message.MessageBody;
import io.thr.core.message.MessageCodec;
import io.thr.core.message.RequestExtra;
import io.thr.core.message.RequestMessage;
import io.thr.core.message.ResponseMessage;
import io.thr.core.redis.BodyStore;
import io.thr.core.redis.FrameLists;
import io.thr.core.redis.Inspector;
import io.thr.core.redis.LaneFigures;
import io.thr.core.redis.Offer;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisUrl;
import io.thr.core.redis.RequestCancel;
import io.thr.core.redis.RequestQueue;
import io.thr.core.redis.ResponseInbox;
import io.thr.core.redis.ResponseListener;
import io.thr.core.schedule.Inspection;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.config.ResponseKeys;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One Redis as this node uses it: requests go out to its queues, responses come in on the node's key. Threads may share
 * it. What comes in is told to the {@link Listener} on the inbox's thread, which must not be blocked.
 */
final class NodeBus implements AutoCloseable {

    private static final Logger LOG = System.getLogger(NodeBus.class.getName());
    private static final StormLog UNREADABLE = StormLog.of(LOG);
    private static final StormLog LOST = StormLog.of(LOG);

    /** By how much: when its deadline is over for every dispatcher, nobody needs to know any more of a request. */
    private static final Duration CLOCKS_DIFFER = Duration.ofSeconds(10);

    /** A dispatcher reads its frames at once; what is for one that has died stays for so long. */
    private static final Duration INBOX_EXPIRY = Duration.ofSeconds(15);

    private final Redis redis;
    private final RequestQueue queue;
    private final RequestCancel cancel;
    private final Inspector inspector;
    private final BodyStore bodies;
    private final FrameLists frames;
    private final ResponseInbox inbox;
    private final FilterSettings settings;

    /** Hears what comes in. */
    interface Listener {

        /** A response, its body with it. */
        void onResponse(NodeBus bus, String requestId, ResponseMessage response, byte[] body);

        /** A piece of a body, or what its reader says. */
        void onFrame(NodeBus bus, Frame frame);

        /** A response that cannot be used. */
        void onBadResponse(String requestId, String reason);

        /** The server lost its data; what this node had put there may be gone. */
        void onDataLost(NodeBus bus);
    }

    private NodeBus(Redis redis, FilterSettings settings, String node, Listener listener) {
        RedisKeys keys = new RedisKeys(settings.bus());
        this.redis = redis;
        this.settings = settings;
        this.queue = new RequestQueue(redis, keys, settings.maxQueueLength());
        this.cancel = new RequestCancel(redis, keys);
        this.inspector = new Inspector(redis, keys);
        this.bodies = new BodyStore(redis, keys);
        this.frames = new FrameLists(redis, keys);
        Incoming incoming = new Incoming(listener);
        this.inbox = settings.responseKeys() == ResponseKeys.SHARED
                ? ResponseInbox.shared(redis, keys, node, incoming)
                : ResponseInbox.perRequest(redis, keys, node, incoming);
    }

    /** Connects; fails as {@link Redis#connect} does. */
    static NodeBus connect(RedisUrl url, FilterSettings settings, String node, Listener listener) {
        return new NodeBus(Redis.connect(url, "thr-filter-" + node), settings, node, listener);
    }

    /** Where it is. */
    RedisUrl url() {
        return redis.url();
    }

    /** Its connections. */
    Redis redis() {
        return redis;
    }

    /** Whether it can be reached now, as far as is known. */
    boolean isUp() {
        return redis.isUp();
    }

    /** What its connections do. */
    List<LaneFigures> figures() {
        return redis.figures();
    }

    /** The key to write into that request. */
    String responseKey(String requestId) {
        return inbox.open(requestId);
    }

    /** The request has ended. */
    void forget(String requestId) {
        inbox.forget(requestId);
    }

    /**
     * Puts the request on the queue, a large body under its own key first.
     *
     * @param stored told the body's key, which {@link #removeBody} wants when the exchange has ended
     */
    CompletableFuture<Offer> offer(String queueName, RequestMessage message, byte[] body, Consumer<String> stored) {
        return offer(message, body, stored, expiry -> bodies.put(body, expiry), bytes -> queue.offer(queueName, bytes));
    }

    /**
     * Does so once more, after the server has lost it, and waits for a server that is only just coming back.
     *
     * @param within how long
     */
    CompletableFuture<Offer> offerAgain(
            String queueName, RequestMessage message, byte[] body, Consumer<String> stored, Duration within) {
        return offer(
                message,
                body,
                stored,
                expiry -> bodies.putAgain(body, expiry, within),
                bytes -> queue.offerAgain(queueName, bytes, within));
    }

    private CompletableFuture<Offer> offer(
            RequestMessage message,
            byte[] body,
            Consumer<String> stored,
            Function<Duration, CompletableFuture<String>> store,
            Function<byte[], CompletableFuture<Offer>> push) {
        if (settings.inlineBodies() || body.length <= settings.bodyThreshold()) {
            return push.apply(MessageCodec.write(message));
        }
        // should this node die, the body expires soon after its request
        return store.apply(settings.timeout().multipliedBy(2)).thenCompose(key -> {
            stored.accept(key);
            return push.apply(MessageCodec.write(message.withBody(new MessageBody.Link(key))));
        });
    }

    /**
     * Its client does not wait any more: it is not to run, or not any longer.
     *
     * @param left how long it could still have waited
     * @return completed when it is done or cannot be; never with an error
     */
    CompletableFuture<Void> cancel(RequestMessage message, Duration left) {
        RequestExtra extra = message.extra();
        return cancel.cancel(extra.requestId(), extra.responseKey(), left.plus(CLOCKS_DIFFER));
    }

    /** Where those requests are, in the same order. */
    CompletableFuture<List<Inspection>> inspect(List<RequestMessage> messages) {
        List<String> names = new ArrayList<>(messages.size());
        for (RequestMessage message : messages) {
            RequestExtra extra = message.extra();
            names.add(RequestCancel.requestName(extra.requestId(), extra.responseKey()));
        }
        return inspector.inspect(names);
    }

    /** The list of the dispatcher that takes part in that stream; null where there is none of that name. */
    @Nullable
    String frameListOf(String stream) {
        return frames.listOf(stream);
    }

    /** Sends frames to a dispatcher. */
    CompletableFuture<Void> sendFrames(String list, List<byte[]> what) {
        return frames.send(list, what, INBOX_EXPIRY);
    }

    /** Sends one frame to a dispatcher, if that can be. */
    void tell(String list, Frame frame) {
        frames.tell(list, frame, INBOX_EXPIRY);
    }

    /** Nobody needs that body any more: a dispatcher leaves it, for another may have to take the request over. */
    void removeBody(String key) {
        var unused = bodies.remove(key).exceptionally(failure -> {
            LOG.log(Level.DEBUG, "a body could not be removed, and expires", failure);
            return null;
        });
    }

    @Override
    public void close() {
        inbox.close();
        redis.close();
    }

    /** Turns messages into responses. */
    private final class Incoming implements ResponseListener {

        private final Listener listener;

        Incoming(Listener listener) {
            this.listener = listener;
        }

        @Override
        public void onResponse(String responseKey, byte[] message) {
            if (FrameCodec.isFrame(message)) {
                frame(responseKey, message);
                return;
            }
            String fromKey = responseKey.substring(RedisKeys.RESPONSE_PREFIX.length());
            ResponseMessage response;
            try {
                response = MessageCodec.readResponse(message);
            } catch (MalformedMessageException e) {
                UNREADABLE.log(Level.WARNING, "response on {0} cannot be read: {1}", responseKey, e.getMessage());
                String requestId = e.requestId();
                listener.onBadResponse(requestId == null ? fromKey : requestId, "the response cannot be read");
                return;
            }
            String said = response.extra().requestId();
            String requestId = said == null ? fromKey : said;
            if (response.body() instanceof MessageBody.Inline inline) {
                listener.onResponse(NodeBus.this, requestId, response, inline.bytes());
            } else if (response.body() instanceof MessageBody.Link link) {
                fetch(requestId, response, link.key());
            }
        }

        private void frame(String responseKey, byte[] bytes) {
            try {
                listener.onFrame(NodeBus.this, FrameCodec.read(bytes));
            } catch (MalformedMessageException e) {
                UNREADABLE.log(Level.WARNING, "what came in on {0} is dropped: {1}", responseKey, e.getMessage());
            }
        }

        private void fetch(String requestId, ResponseMessage response, String key) {
            var unused = bodies.take(key).whenComplete((body, failure) -> {
                if (failure == null) {
                    listener.onResponse(NodeBus.this, requestId, response, body);
                } else {
                    LOST.log(Level.WARNING, "request " + requestId + ": the response's body is lost", failure);
                    listener.onBadResponse(requestId, "the response's body is lost");
                }
            });
        }

        @Override
        public void onDataLost() {
            listener.onDataLost(NodeBus.this);
        }
    }
}
