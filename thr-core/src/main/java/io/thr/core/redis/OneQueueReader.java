package io.thr.core.redis;

import io.thr.core.schedule.Claim;
import java.util.List;

/**
 * Waits for one queue on the connection that takes from it: the wait and the taking are one write, so that a message that
 * comes in is here one round trip later. The wait is BLMOVE from the list to itself, which takes nothing and works on
 * lists that any program fills. While there is work it does not wait, and so is not sent a message twice.
 */
final class OneQueueReader implements ClaimReader {

    private final ClaimTaker taker;
    private final Command wait;
    private boolean workIsThere;

    OneQueueReader(ClaimTaker taker, String queue) {
        this.taker = taker;
        this.wait = Command.of("BLMOVE", queue, queue, "RIGHT", "RIGHT", BlockingConnection.BLOCK.toSeconds());
    }

    @Override
    public List<Claim> take(int max) {
        try {
            List<Claim> claims = taker.recovered(max);
            if (claims.isEmpty() && workIsThere) {
                claims = taker.take(max, null);
            }
            if (claims.isEmpty()) {
                claims = taker.take(max, wait);
            }
            workIsThere = !claims.isEmpty();
            return claims;
        } catch (RedisUnavailableException e) {
            if (taker.isClosed()) {
                return List.of();
            }
            throw e;
        }
    }

    @Override
    public void close() {
        taker.close();
    }
}
