package io.thr.core.log;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A log for lines whose cause may come again with every request or connection: so many go through in a while, and the others are
 * counted. The last that goes through says so, and the first of a later while is preceded by how many were left out. What is put
 * in a line stays on it ({@link OneLine}). Each kind of line has one of its own. Threads may share it.
 */
public final class StormLog {

    /** How many lines go through. */
    public static final int MOST = 10;

    private static final long WHILE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Logger log;
    private final int most;
    private final long whileNanos;
    private final LongSupplier nanoTime;
    // guarded by this
    private long sinceNanos;
    private int written;
    private long leftOut;

    private StormLog(Logger log, int most, long whileNanos, LongSupplier nanoTime) {
        this.log = log;
        this.most = most;
        this.whileNanos = whileNanos;
        this.nanoTime = nanoTime;
    }

    /** {@link #MOST} in ten seconds go through. */
    public static StormLog of(Logger log) {
        return new StormLog(log, MOST, WHILE_NANOS, System::nanoTime);
    }

    /** One in a minute goes through: for what stays as it is until somebody does something about it. */
    public static StormLog onceAMinute(Logger log) {
        return new StormLog(log, 1, MINUTE_NANOS, System::nanoTime);
    }

    /** The same as {@link #of(Logger)} by another clock. */
    static StormLog of(Logger log, LongSupplier nanoTime) {
        return new StormLog(log, MOST, WHILE_NANOS, nanoTime);
    }

    /**
     * Logs that line, or counts it.
     *
     * @param format as {@link Logger#log(Level, String, Object...)} has it
     */
    public void log(Level level, String format, @Nullable Object... values) {
        if (!log.isLoggable(level)) {
            return;
        }
        Turn turn = turn();
        if (turn.goes) {
            Object[] lines = new Object[values.length];
            for (int i = 0; i < values.length; i++) {
                lines[i] = OneLine.of(String.valueOf(values[i]));
            }
            turn.before(level);
            log.log(level, format + turn.after(), lines);
        }
    }

    /** Logs that line with the stack of an error, or counts it. */
    public void log(Level level, String line, Throwable error) {
        if (!log.isLoggable(level)) {
            return;
        }
        Turn turn = turn();
        if (turn.goes) {
            turn.before(level);
            log.log(level, OneLine.of(line) + turn.after(), error);
        }
    }

    /** Whether a line goes through, whether it is the last that does, and how many were left out before it. */
    private final class Turn {

        private final boolean goes;
        private final boolean last;
        private final long leftOutBefore;

        Turn(boolean goes, boolean last, long leftOutBefore) {
            this.goes = goes;
            this.last = last;
            this.leftOutBefore = leftOutBefore;
        }

        void before(Level level) {
            if (leftOutBefore > 0) {
                log.log(level, leftOutBefore + " lines like the next one were left out");
            }
        }

        String after() {
            return last
                    ? " (more such lines within " + TimeUnit.NANOSECONDS.toSeconds(whileNanos) + " s are only counted)"
                    : "";
        }
    }

    private synchronized Turn turn() {
        long now = nanoTime.getAsLong();
        if (written == 0 || now - sinceNanos >= whileNanos) {
            long before = leftOut;
            sinceNanos = now;
            written = 1;
            leftOut = 0;
            return new Turn(true, most == 1, before);
        }
        if (written == most) {
            leftOut++;
            return new Turn(false, false, 0);
        }
        written++;
        return new Turn(true, written == most, 0);
    }
}
