package io.thr.core.redis;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All requests of a node share one key, and one connection reads it in batches.
 *
 * <p>A cycle is one round trip of three commands: LTRIM takes away what the last cycle has delivered, BLMOVE from the key
 * to itself waits until something is there and shows the oldest message without taking it, LRANGE reads those behind it.
 * LPUSH puts the newest first, hence what has been delivered is the tail, however many have come in since.
 *
 * <p>A message leaves Redis only after it was delivered, so a connection that breaks in between costs a second delivery
 * and never a loss. After a break nothing is trimmed before it has been read again: the LTRIM that was under way may have
 * been done. (One that a proxy held back, and let go after we read again, would trim too much; a connection that we give
 * up is reset, so that nothing of it is sent later by our side.)
 *
 * <p>BRPOP and RPOP would lose what they took when the connection breaks, and are faster by a tenth or so where nothing
 * but the bus is measured.
 */
final class SharedInbox implements ResponseInbox, BlockingLoop.Cycle {

    /** What one cycle reads at most, in messages and, judged by the size of the last ones, in bytes. */
    private static final int BATCH = 64;

    private static final long BATCH_BYTES = 4 << 20;

    private final Redis redis;
    private final String key;
    private final ResponseListener listener;
    private final NodeMarker marker;
    private final Rights rights;
    private final Command wait;
    private final BlockingLoop loop;

    // owned by the loop's thread
    private int delivered;
    private boolean moreIsThere;
    private int batch = BATCH;

    /**
     * Whose inbox it is, for the warning where the user's rights do not suffice.
     *
     * @param others what that one runs besides, on other keys
     */
    record Rights(String whom, List<Command> others) {}

    SharedInbox(Redis redis, String marker, String key, Rights rights, ResponseListener listener) {
        this.redis = redis;
        this.key = key;
        this.listener = listener;
        this.marker = new NodeMarker(redis, marker);
        this.rights = rights;
        this.wait = Command.of("BLMOVE", key, key, "RIGHT", "RIGHT", BlockingConnection.BLOCK.toSeconds());
        this.loop = new BlockingLoop("thr-inbox", redis, this);
    }

    /** Begins to listen. */
    SharedInbox start() {
        loop.start();
        return this;
    }

    @Override
    public void connected(BlockingConnection connection) {
        List<Command> needed = new ArrayList<>(rights.others());
        needed.add(wait);
        needed.add(Command.of("LTRIM", key, 0, 0));
        needed.add(Command.of("LRANGE", key, 0, 0));
        needed.add(Command.of("DEL", key));
        needed.addAll(marker.commands());
        connection.warnOfMissingRights(rights.whom(), needed);
        delivered = 0;
        moreIsThere = false;
        if (marker.lost(connection)) {
            Deliveries.dataLost(listener, redis.url());
        }
    }

    @Override
    public void once(BlockingConnection connection) {
        marker.renew(connection);
        List<Command> commands = new ArrayList<>(3);
        if (delivered > 0) {
            commands.add(Command.of("LTRIM", key, 0, -1 - delivered));
        }
        boolean waits = !moreIsThere;
        if (waits) {
            commands.add(wait);
        }
        commands.add(Command.of("LRANGE", key, -batch, waits ? -2 : -1));
        // where this fails nobody knows what was trimmed
        delivered = 0;
        moreIsThere = false;
        List<@Nullable Object> replies = connection.ask(commands);
        List<byte[]> messages = messages(waits, replies);
        long bytes = 0;
        for (byte[] message : messages) {
            bytes += message.length;
            Deliveries.deliver(listener, key, message);
        }
        delivered = messages.size();
        moreIsThere = delivered == batch;
        if (delivered > 0) {
            batch = (int) Math.max(1, Math.min(BATCH, BATCH_BYTES * delivered / Math.max(1, bytes)));
        }
    }

    /** The oldest first. */
    private static List<byte[]> messages(boolean waited, List<@Nullable Object> replies) {
        List<byte[]> messages = new ArrayList<>();
        int last = replies.size() - 1;
        if (waited) {
            if (!(replies.get(last - 1) instanceof byte[] oldest)) {
                // nothing came; what LRANGE saw has come since, and is not the whole tail
                return messages;
            }
            messages.add(oldest);
        }
        if (replies.get(last) instanceof List<?> others) {
            for (int i = others.size() - 1; i >= 0; i--) {
                messages.add((byte[]) others.get(i));
            }
        }
        return messages;
    }

    @Override
    public String open(String requestId) {
        return key;
    }

    @Override
    public void forget(String requestId) {
        // the key is everybody's
    }

    @Override
    public void close() {
        loop.close();
        marker.remove(key);
    }
}
