package io.thr.core.redis;

import io.thr.core.schedule.Claim;
import java.util.List;

/** Waits for work on a connection of its own. Used by one thread; any thread may close it. */
public interface ClaimReader extends AutoCloseable {

    /**
     * Blocks until there is work, a few seconds at most, then takes up to {@code max} messages, all in one round trip.
     * Reconnects by itself.
     *
     * @return what was taken, empty where nothing came in time
     * @throws RedisUnavailableException where the server cannot be reached; call again after a pause
     */
    List<Claim> take(int max);

    /** Ends a call of {@link #take} that blocks; what that call took is not lost. */
    @Override
    void close();
}
