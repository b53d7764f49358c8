package io.thr.core.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a request is in the scheduler: the answer to "why does it wait?". */
public sealed interface Inspection {

    /** It has no ticket: it has ended, or is still on its queue. */
    record Unknown() implements Inspection {}

    /**
     * It runs.
     *
     * @param queue where it came from
     * @param owner the member that runs it
     * @param since by the server's clock
     * @param counters that count it
     */
    record Running(String queue, String owner, Instant since, List<String> counters) implements Inspection {}

    /** A member has taken it out of the queue, or over from a lost one, and sees to it now. */
    record Taken(String queue, String owner) implements Inspection {}

    /**
     * It waits.
     *
     * @param queue whose members may run it
     * @param before how many requests of its flow come before it
     * @param position 1 + how many requests that wait for the same come before it, as orders and shares stand now
     * @param blockedBy the most specific of its counters that has no room; null: it waits for its turn, or for a member with
     *     room
     * @param counters all that count it
     * @param since when it came to wait, by the server's clock
     * @param paused whether its queue is
     * @param meanRun how long what runs instead has run of late; null where that is not known
     */
    record Waiting(
            String queue,
            long before,
            long position,
            @Nullable String blockedBy,
            List<Usage> counters,
            Instant since,
            boolean paused,
            @Nullable Duration meanRun)
            implements Inspection {

        /**
         * How long it will wait for the counter that blocks it, by Little's law: as many as come before it leave at the rate
         * of the slots by the mean run. Null where that is not known.
         */
        public @Nullable Duration estimatedWait() {
            return paused || meanRun == null
                    ? null
                    : counters.stream()
                            .filter(usage ->
                                    usage.counter().equals(blockedBy) && usage.max() != null && usage.max() > 0)
                            .findFirst()
                            .map(usage -> meanRun.multipliedBy(position).dividedBy(Objects.requireNonNull(usage.max())))
                            .orElse(null);
        }
    }

    /**
     * How far a counter is used.
     *
     * @param counter a limit's name, or {@code name==value}
     * @param running how many run
     * @param max the maximum in force; null: none is
     */
    record Usage(String counter, long running, @Nullable Integer max) {}
}
