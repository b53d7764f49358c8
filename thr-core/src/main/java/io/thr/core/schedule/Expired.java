package io.thr.core.schedule;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found over.
 *
 * @param claims tickets that waited until their deadline, now the member's to answer
 * @param more whether there may be more
 * @param nextDeadline how soon the next is over; null where none is known
 */
public record Expired(
        List<Claim> claims, boolean more, @Nullable Duration nextDeadline) {}
