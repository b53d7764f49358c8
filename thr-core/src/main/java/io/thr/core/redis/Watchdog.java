package io.thr.core.redis;

import java.time.Duration;

/**
 * Decides that replies are missing for too long, by looking at their progress at every tick of a timer. It counts ticks
 * and not time: after a pause of the whole process (a suspended machine) the replies get their chance to be read.
 *
 * <p>Owned by the timer's thread.
 */
final class Watchdog {

    /** How often it looks. */
    static final Duration TICK = Duration.ofMillis(100);

    private long seenProgress;
    private int stuckTicks;

    /**
     * One tick.
     *
     * @param waiting whether a reply is due
     * @param progress a value that changes with every reply and every question
     * @param limit how long it may stay the same while a reply is due
     * @return whether that was too long
     */
    boolean tick(boolean waiting, long progress, Duration limit) {
        if (!waiting || progress != seenProgress) {
            seenProgress = progress;
            stuckTicks = 0;
            return false;
        }
        stuckTicks++;
        if (stuckTicks <= limit.dividedBy(TICK)) {
            return false;
        }
        stuckTicks = 0;
        return true;
    }
}
