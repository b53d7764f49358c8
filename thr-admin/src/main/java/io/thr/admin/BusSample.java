package io.thr.admin;

import io.thr.core.bus.Durations;
import java.time.Instant;
import java.util.List;

/**
 * One point of the plots.
 *
 * @param at the server's time
 */
record BusSample(Instant at, List<Queue> queues) {

    /** A queue at that time. */
    record Queue(String name, long listed, long waiting, long running, Pace pace) {}

    /**
     * How fast it goes, between the last two reports of each member.
     *
     * @param waits of what was begun between them
     * @param runs of what ended between them
     */
    record Pace(double begunPerSecond, double endedPerSecond, double failedPerSecond, Durations waits, Durations runs) {

        /** Nothing is known, or nothing moves. */
        static final Pace NONE = new Pace(0, 0, 0, Durations.NONE, Durations.NONE);

        Pace plus(Pace other) {
            return new Pace(
                    begunPerSecond + other.begunPerSecond,
                    endedPerSecond + other.endedPerSecond,
                    failedPerSecond + other.failedPerSecond,
                    waits.plus(other.waits),
                    runs.plus(other.runs));
        }
    }
}
