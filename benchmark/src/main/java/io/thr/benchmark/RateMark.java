package io.thr.benchmark;

import io.thr.benchmark.rate.Contender.Kind;

/** What THR's rate limiter was built to reach, against the best of the others that is asked in the same way. */
final class RateMark {

    /** At most so many commands in Redis for each decision, where 64 ask for one key. */
    static final double COMMANDS = 0.1;

    private static final int MANY = 64;

    /** A 99th percentile of at most so many times theirs. */
    static final double P99 = 1.0;

    private RateMark() {}

    /** Whether {@link #COMMANDS} is asked for there. */
    static boolean limitsCommands(RateReport.Cell cell) {
        return cell.keys() == 1 && cell.callers() == MANY;
    }

    /** At least so many times their decisions a second. */
    static double decisions(RateReport.Cell cell, Kind kind) {
        if (cell.keys() == 1) {
            return 1.0;
        }
        if (cell.callers() < MANY) {
            return 0.9;
        }
        return kind == Kind.ASYNC ? 2.0 : 1.2;
    }
}
