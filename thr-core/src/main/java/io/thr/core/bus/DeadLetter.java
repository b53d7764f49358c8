package io.thr.core.bus;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message that nobody could process.
 *
 * @param id names it: the beginning of a hash of its bytes, in hex
 * @param reason why
 * @param time when it was buried; null where that cannot be read
 * @param request the id of its request; null where it cannot be read
 * @param bytes how long the message is
 */
public record DeadLetter(
        String id,
        String reason,
        @Nullable Instant time,
        @Nullable String request,
        long bytes) {}
