package io.thr.core.redis;

import io.thr.core.bus.Durations;

/**
 * What a lane has done since it began, and what it does now.
 *
 * @param name {@code 1}, {@code 2} or {@code bulk}
 * @param calls how many calls have been taken
 * @param failed of these, how many have ended without a reply
 * @param reconnects how often its connection was lost and another was opened
 * @param pending how many commands wait to be sent
 * @param pendingBytes how large they are together
 * @param up whether it has a connection now
 * @param times from taking a call to its reply
 */
public record LaneFigures(
        String name,
        long calls,
        long failed,
        long reconnects,
        int pending,
        long pendingBytes,
        boolean up,
        Durations times) {}
