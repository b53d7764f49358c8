package io.thr.core.redis;

import java.time.Duration;
import java.util.Collection;
import java.util.PriorityQueue;

/**
 * When the n-th of those that wait for slots gets one, by Little's law and the ages of those that hold them: each holder goes
 * on until it has run as long as the mean, and each that follows runs as long.
 */
final class SlotForecast {

    private SlotForecast() {}

    /**
     * How long the one at that position waits.
     *
     * @param position 1 for the next
     * @param slots how many there are, at least 1
     * @param meanRun how long one is held in the mean
     * @param held for how long each has been held that is; more than there are slots where a maximum was lowered
     */
    static Duration wait(long position, int slots, Duration meanRun, Collection<Duration> held) {
        double mean = meanRun.toNanos();
        PriorityQueue<Double> free = new PriorityQueue<>();
        held.forEach(age -> free.add(Math.max(0, mean - age.toNanos())));
        while (free.size() < slots) {
            free.add(0.0);
        }
        while (free.size() > slots) {
            free.remove();
        }
        // whole rounds of all slots take as long whatever their order
        long rounds = (position - 1) / slots;
        double at = 0;
        for (long turn = (position - 1) % slots; turn >= 0; turn--) {
            at = free.remove();
            free.add(at + mean);
        }
        return Duration.ofNanos(Math.round(at + rounds * mean));
    }
}
