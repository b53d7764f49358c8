package io.thr.demo;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One of the demo's clients: what it sends, and what it sees come back. Threads may share it. */
final class DemoClient {

    /** Of how many answers it knows how long they took. */
    private static final int REMEMBERED = 50;

    private static final int OK = 200;

    private final String name;
    private final double share;
    private final int burst;
    private final long[] took = new long[REMEMBERED];
    private long waiting;
    private long answered;
    private long refused;

    /**
     * One that has sent nothing yet.
     *
     * @param share which part of all requests it sends, 0 to 1
     * @param burst how many it sends at once
     */
    DemoClient(String name, double share, int burst) {
        this.name = name;
        this.share = share;
        this.burst = burst;
    }

    String name() {
        return name;
    }

    double share() {
        return share;
    }

    int burst() {
        return burst;
    }

    synchronized void sent() {
        waiting++;
    }

    /** An answer has come after that many nanoseconds. */
    synchronized void got(int status, long nanos) {
        waiting--;
        if (status == OK) {
            took[(int) (answered++ % REMEMBERED)] = nanos;
        } else {
            refused++;
        }
    }

    /** None has come, and none will. */
    synchronized void lost() {
        waiting--;
        refused++;
    }

    synchronized Seen seen() {
        long[] sorted = Arrays.copyOf(took, (int) Math.min(answered, REMEMBERED));
        Arrays.sort(sorted);
        return new Seen(name, waiting, answered, refused, quantile(sorted, 0.5), quantile(sorted, 0.95));
    }

    private static @Nullable Double quantile(long[] sorted, double share) {
        return sorted.length == 0 ? null : sorted[(int) (share * (sorted.length - 1))] / 1e6;
    }

    /**
     * What it sees.
     *
     * @param waiting how many it has sent that are not answered yet
     * @param answered how many with 200
     * @param refused how many with another status, or not at all
     * @param p50Millis half of its last answers took less; null where it has had none
     */
    record Seen(
            String name,
            long waiting,
            long answered,
            long refused,
            @Nullable Double p50Millis,
            @Nullable Double p95Millis) {}
}
