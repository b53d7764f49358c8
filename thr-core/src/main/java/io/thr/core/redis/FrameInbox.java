package io.thr.core.redis;

import io.thr.core.log.StormLog;
import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import io.thr.core.message.MalformedMessageException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Where a dispatcher hears of the bodies that it sends and reads, over one blocking connection whatever their number. That
 * is there from the first on. Threads may share it; listeners are called on the inbox's own thread, and must not block.
 */
public final class FrameInbox implements AutoCloseable {

    private static final Logger LOG = System.getLogger(FrameInbox.class.getName());
    private static final StormLog DROPPED = StormLog.of(LOG);

    private final Redis redis;
    private final RedisKeys keys;
    private final String name;
    private final AtomicLong streams = new AtomicLong();
    private final Map<String, Listener> listeners = new ConcurrentHashMap<>();
    // guarded by this
    private @Nullable SharedInbox inbox;
    private boolean closed;

    /** Hears of one stream. */
    public interface Listener {

        /** A frame came in; the same may come twice. */
        void onFrame(Frame frame);

        /** The server has lost its data, and may have lost frames. */
        void onDataLost();
    }

    /** An inbox of a name of its own. */
    public FrameInbox(Redis redis, RedisKeys keys) {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        this.redis = redis;
        this.keys = keys;
        this.name = HexFormat.of().formatHex(random);
    }

    /** A name for a new stream, whose frames come to {@code listener} until {@link #forget}. */
    public String open(Listener listener) {
        String stream = name + "." + streams.incrementAndGet();
        listeners.put(stream, listener);
        listen();
        return stream;
    }

    /** The stream has ended. */
    public void forget(String stream) {
        listeners.remove(stream);
    }

    /** How many streams there are now. */
    public int streams() {
        return listeners.size();
    }

    private synchronized void listen() {
        if (inbox == null && !closed) {
            String front = RedisKeys.response("x");
            SharedInbox.Rights rights = new SharedInbox.Rights(
                    "a dispatcher", List.of(Command.of("LPUSH", front, "x"), Command.of("EXPIRE", front, 1)));
            inbox = new SharedInbox(redis, keys.node(name), keys.frames(name), rights, new Incoming()).start();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (inbox != null) {
            inbox.close();
        }
    }

    private final class Incoming implements ResponseListener {

        @Override
        public void onResponse(String list, byte[] bytes) {
            Frame frame;
            try {
                frame = FrameCodec.read(bytes);
            } catch (MalformedMessageException e) {
                DROPPED.log(Level.WARNING, "what came in on {0} is dropped: {1}", list, e.getMessage());
                return;
            }
            Listener listener = listeners.get(frame.stream());
            if (listener != null) {
                listener.onFrame(frame);
            }
        }

        @Override
        public void onDataLost() {
            listeners.values().forEach(Listener::onDataLost);
        }
    }
}
