package io.thr.filter.suspend;

import org.jspecify.annotations.Nullable;

/** How a request gets on in its queue, and how long it will go on so. Not for several threads at a time. */
final class Progress {

    private long firstPosition;
    private long firstNanos;

    /**
     * The estimated wait: as long as the requests before it take at the rate at which they have gone since it was first
     * asked for.
     *
     * @param position 1 for the next
     * @return whole seconds, rounded up; null while none has gone
     */
    @Nullable
    Long estimate(long position, long nowNanos) {
        if (firstPosition == 0 || position > firstPosition) {
            firstPosition = position;
            firstNanos = nowNanos;
            return null;
        }
        long gone = firstPosition - position;
        if (gone == 0) {
            return null;
        }
        double nanosEach = (double) (nowNanos - firstNanos) / gone;
        return (long) Math.ceil(position * nanosEach / 1e9);
    }
}
