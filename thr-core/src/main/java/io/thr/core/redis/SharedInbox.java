package io.thr.core.redis;

import java.io.IOException;
import java.util.List;

/**
 * All requests of a node share one key, and one connection reads it in batches.
 *
 * <p>A cycle is one round trip of three commands: LTRIM takes away what the last cycle has delivered, BLMOVE from the key
 * to itself waits until something is there (and moves nothing), LRANGE reads a batch. A message leaves Redis only after
 * it was delivered, so a connection that breaks in between costs a second delivery and never a loss. LPUSH puts the
 * newest first, hence what has been delivered is the tail, however many have come in since.
 */
final class SharedInbox implements ResponseInbox, BlockingLoop.Cycle {

    private static final int BATCH = 64;

    private final String key;
    private final ResponseListener listener;
    private final NodeMarker marker;
    private final Command wait;
    private final Command read;
    private final BlockingLoop loop;
    private int delivered;

    SharedInbox(Redis redis, RedisKeys keys, String node, String responseKey, ResponseListener listener) {
        this.key = responseKey;
        this.listener = listener;
        this.marker = new NodeMarker(redis, keys.node(node));
        this.wait = Command.of("BLMOVE", key, key, "RIGHT", "RIGHT", BlockingLoop.BLOCK.toSeconds());
        this.read = Command.of("LRANGE", key, -BATCH, -1);
        this.loop = new BlockingLoop("thr-inbox", redis, this);
    }

    @Override
    public void connected(BlockingLoop.Questions questions) throws IOException {
        if (marker.lost(questions)) {
            delivered = 0;
            listener.onDataLost();
        }
    }

    @Override
    public void once(BlockingLoop.Questions questions) throws IOException {
        marker.renew(questions);
        List<Command> commands =
                delivered == 0 ? List.of(wait, read) : List.of(Command.of("LTRIM", key, 0, -1 - delivered), wait, read);
        List<Object> replies = questions.ask(commands);
        delivered = 0;
        List<?> batch = (List<?>) replies.get(replies.size() - 1);
        for (int i = batch.size() - 1; i >= 0; i--) {
            Deliveries.deliver(listener, key, (byte[]) batch.get(i));
        }
        delivered = batch.size();
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
        var unused = marker.remove();
    }
}
