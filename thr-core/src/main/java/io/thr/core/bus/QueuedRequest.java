package io.thr.core.bus;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A request that waits, as {@code peek} shows it.
 *
 * @param request its id; empty where its message cannot be read
 * @param method as the client sent it
 * @param path without the query, which may hold secrets
 * @param priority 1 to 99
 * @param since when its front queued it, by that front's clock; null where its message cannot be read
 * @param listed whether it is still on its list
 * @param blockedBy the counter that it waits for; null where none
 */
public record QueuedRequest(
        String request,
        String method,
        String path,
        int priority,
        @Nullable Instant since,
        boolean listed,
        @Nullable String blockedBy) {}
