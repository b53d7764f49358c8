package io.thr.core.redis;

import io.thr.core.message.Frame;
import io.thr.core.message.FrameCodec;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts frames on the lists on which fronts and dispatchers await them: the response key of a front, the inbox of a
 * dispatcher. Threads may share it.
 *
 * <p>A list of frames that nobody reads is gone after its expiry, which each sending sets anew. While the server is away a
 * sending waits and is tried again: what arrives twice is known by its number.
 */
public final class FrameLists {

    private static final Logger LOG = System.getLogger(FrameLists.class.getName());

    /** How long an outage of Redis may last before a body breaks off. */
    private static final Duration WITHIN = Duration.ofSeconds(10);

    /** An inbox's name is the random part of a key of ours, and nothing that leads elsewhere. */
    private static final Pattern STREAM = Pattern.compile("([0-9a-f]{32})\\.[0-9]{1,19}");

    private final Redis redis;
    private final RedisKeys keys;

    /** Of that bus. */
    public FrameLists(Redis redis, RedisKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** The list of the dispatcher that made that stream's name; null where none did. */
    public @Nullable String listOf(String stream) {
        var match = STREAM.matcher(stream);
        return match.matches() ? keys.frames(match.group(1)) : null;
    }

    /**
     * Puts something on a list, in this order, behind what is there.
     *
     * @param what frames, or a message before the first of them
     * @param expiry how long it may stay unread, in whole seconds, at least 1
     */
    public CompletableFuture<Void> send(String list, List<byte[]> what, Duration expiry) {
        Object[] push = new Object[what.size() + 2];
        push[0] = "LPUSH";
        push[1] = list;
        for (int i = 0; i < what.size(); i++) {
            push[i + 2] = what.get(i);
        }
        return redis.call(
                List.of(Command.of(push), Command.of("EXPIRE", list, Math.max(1, expiry.toSeconds()))),
                Patience.repeatable(WITHIN),
                replies -> null);
    }

    /** Sends one frame, and logs where it cannot be sent. */
    public void tell(String list, Frame frame, Duration expiry) {
        var unused = send(list, List.of(FrameCodec.write(frame)), expiry).exceptionally(error -> {
            LOG.log(Level.DEBUG, "request " + frame.request() + ": its stream could not be told", error);
            return null;
        });
    }
}
