package io.thr.core.redis;

import java.time.Duration;

/**
 * How long a lane waits for what, and how much it keeps.
 *
 * @param connect for a connection to be made, and again for the server to let us in
 * @param reply how long replies may be missing before the connection is given up
 * @param patience how long a command waits unsent after the connection was lost, where it says nothing else
 * @param firstPause before the second attempt to connect; the first is made at once
 * @param lastPause what the pauses grow to
 * @param pendingCommands commands that may wait unsent
 * @param pendingBytes bytes that may wait unsent
 * @param batchCommands commands in one write
 * @param batchBytes bytes in one write, except for a single larger call
 */
record LaneLimits(
        Duration connect,
        Duration reply,
        Duration patience,
        Duration firstPause,
        Duration lastPause,
        int pendingCommands,
        long pendingBytes,
        int batchCommands,
        int batchBytes) {

    /** For the short commands that clients wait for. */
    static final LaneLimits DEFAULT = new LaneLimits(
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMillis(50),
            Duration.ofMillis(50),
            Duration.ofSeconds(1),
            100_000,
            256L << 20,
            256,
            1 << 20);

    /** For bodies: replies may take longer, and few go at a time. */
    LaneLimits forBodies() {
        return new LaneLimits(
                connect,
                reply.multipliedBy(5),
                patience,
                firstPause,
                lastPause,
                pendingCommands,
                pendingBytes,
                16,
                batchBytes);
    }
}
