package io.thr.core.schedule;

import java.util.List;

/**
 * The tickets that share queue, fairness keys and set of counters. It can run or is blocked as a whole, so a blocked head
 * never hides a request that could run.
 *
 * @param queue the queue, whose members may run it
 * @param path the levels of fairness, the outer first; empty: all share alike, first come first
 * @param counters what counts it, from the general to the specific: each a limit's name, or {@code name==value}; no name
 *     or value has a character below the blank
 */
public record Flow(String queue, List<Level> path, List<String> counters) {

    private static final char PART = '\u001e';
    private static final char ELEMENT = '\u001f';

    /** Copies the lists. */
    public Flow {
        path = List.copyOf(path);
        counters = List.copyOf(counters);
        plain("queue", queue);
        counters.forEach(counter -> plain("counter", counter));
    }

    /** A level of fairness. */
    public sealed interface Level {}

    /**
     * A share of what is above: who has the same key has one share together.
     *
     * @param key whose share, of at most 256 characters
     * @param weight how large, 0.01 to 100, to three decimals
     */
    public record Share(String key, double weight) implements Level {
        /** Checks the parts. */
        public Share {
            plain("key", key);
            if (!(weight >= 0.01 && weight <= 100)) {
                throw new IllegalArgumentException("weight: " + weight + " (expected: 0.01 to 100)");
            }
        }
    }

    /**
     * Comes before all of a higher number, whatever they have waited.
     *
     * @param number 0 to 99
     */
    public record Rank(int number) implements Level {
        /** Checks the number. */
        public Rank {
            if (number < 0 || number > 99) {
                throw new IllegalArgumentException("rank: " + number + " (expected: 0 to 99)");
            }
        }
    }

    /** How Redis knows it: {@code queue RS path RS counters}, as lua/lib/scheduler.lua has it. */
    public String name() {
        StringBuilder name = new StringBuilder(queue).append(PART);
        for (int i = 0; i < path.size(); i++) {
            if (i > 0) {
                name.append(ELEMENT);
            }
            Level level = path.get(i);
            if (level instanceof Share share) {
                name.append(Math.round(share.weight * 1000) / 1000.0)
                        .append(':')
                        .append(share.key);
            } else if (level instanceof Rank rank) {
                name.append('=').append((char) ('0' + rank.number / 10)).append((char) ('0' + rank.number % 10));
            }
        }
        name.append(PART);
        for (int i = 0; i < counters.size(); i++) {
            if (i > 0) {
                name.append(ELEMENT);
            }
            name.append(counters.get(i));
        }
        return name.toString();
    }

    private static void plain(String what, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ') {
                throw new IllegalArgumentException(
                        what + ": has a control character at " + i + " (expected: none below the blank)");
            }
        }
    }
}
