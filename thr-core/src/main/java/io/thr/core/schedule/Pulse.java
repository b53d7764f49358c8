package io.thr.core.schedule;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a member learns when it renews its lease.
 *
 * @param held whether its lease had still been held; where not, what it owned is others'
 * @param nextExpiry how soon another member's lease runs out; null where there is none
 * @param nextDeadline how soon a ticket's deadline is over; null where none has one
 * @param waiting how many tickets wait on the bus
 */
public record Pulse(
        boolean held,
        @Nullable Duration nextExpiry,
        @Nullable Duration nextDeadline,
        long waiting) {}
