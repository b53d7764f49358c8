package io.thr.core.limit;

import io.thr.core.message.RequestExtra;
import io.thr.core.schedule.Flow;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** What a priority, 1 (most urgent) to 99, is worth. Immutable. */
public sealed interface PriorityOrder {

    /** A priority is a head start, by default of 200 ms a step. */
    PriorityOrder DEFAULT = new HeadStart(
            Map.of(RequestExtra.MIN_PRIORITY, Duration.ZERO, RequestExtra.MAX_PRIORITY, Duration.ofMillis(19_600)));

    /** The classes that a request of that priority stands in, before all fairness. */
    List<Flow.Level> classes(int priority);

    /** By how many milliseconds later than its arrival a request of that priority counts. */
    long headStartMillis(int priority);

    /**
     * A request counts as if it had arrived later by its priority's offset, and who counts as first is served first. So
     * nobody starves: a request of priority {@code p} that arrives at {@code t} is overtaken by those of priority
     * {@code q} that arrive before {@code t + offset(p) − offset(q)}, and by no other. Whatever arrives later than
     * {@link #longestOvertaking()} after it, 19.6 s with the default, comes behind it: it waits no longer than it takes
     * to serve what was there and what came within that time. This holds among requests that share limits and a fair
     * share.
     *
     * @param offsets by priority, 1 to 99; at least one, zero to a day, not falling. Between two given priorities they
     *     are on the line between them; before the first and behind the last they are as there
     */
    record HeadStart(NavigableMap<Integer, Duration> offsets) implements PriorityOrder {

        private static final Duration LONGEST = Duration.ofDays(1);

        /** Checks the offsets. */
        public HeadStart {
            offsets = Collections.unmodifiableNavigableMap(new TreeMap<>(offsets));
            if (offsets.isEmpty()) {
                throw new IllegalArgumentException("priority_offsets: none (expected: at least one)");
            }
            Duration before = Duration.ZERO;
            for (Map.Entry<Integer, Duration> entry : offsets.entrySet()) {
                checkPriority(entry.getKey());
                Duration offset = entry.getValue();
                if (offset.isNegative() || offset.compareTo(LONGEST) > 0) {
                    throw new IllegalArgumentException("priority_offsets: " + entry.getKey() + ": " + offset.toMillis()
                            + " ms (expected: 0 to " + LONGEST.toMillis() + " ms)");
                }
                if (offset.compareTo(before) < 0) {
                    throw new IllegalArgumentException(
                            "priority_offsets: " + entry.getKey() + ": " + offset.toMillis() + " ms after "
                                    + before.toMillis() + " ms (expected: not less than that of a more urgent one)");
                }
                before = offset;
            }
        }

        /** These offsets. */
        public HeadStart(Map<Integer, Duration> offsets) {
            this(new TreeMap<>(offsets));
        }

        private static void checkPriority(int priority) {
            if (priority < RequestExtra.MIN_PRIORITY || priority > RequestExtra.MAX_PRIORITY) {
                throw new IllegalArgumentException(
                        "priority_offsets: " + priority + " (expected: a priority from 1 to 99)");
            }
        }

        /** None: the order of arrival has them all. */
        @Override
        public List<Flow.Level> classes(int priority) {
            return List.of();
        }

        @Override
        public long headStartMillis(int priority) {
            Map.Entry<Integer, Duration> below = offsets.floorEntry(priority);
            Map.Entry<Integer, Duration> above = offsets.ceilingEntry(priority);
            if (below == null) {
                return offsets.firstEntry().getValue().toMillis();
            }
            if (above == null || above.getKey().equals(below.getKey())) {
                return below.getValue().toMillis();
            }
            long from = below.getValue().toMillis();
            long rise = above.getValue().toMillis() - from;
            return from + rise * (priority - below.getKey()) / (above.getKey() - below.getKey());
        }

        /** How much later a request can arrive and still be served before another one. */
        public Duration longestOvertaking() {
            return offsets.lastEntry().getValue().minus(offsets.firstEntry().getValue());
        }
    }

    /**
     * All of a more urgent priority come before all of a less urgent one, however long these have waited, as the
     * original has it: under a steady load of urgent requests the others starve. Fairness holds within a priority.
     */
    record Strict() implements PriorityOrder {

        @Override
        public List<Flow.Level> classes(int priority) {
            return List.of(new Flow.Rank(priority));
        }

        @Override
        public long headStartMillis(int priority) {
            return 0;
        }
    }
}
