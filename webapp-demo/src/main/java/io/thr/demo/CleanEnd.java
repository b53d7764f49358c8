package io.thr.demo;

import io.thr.dispatcher.Signals;
import java.util.concurrent.atomic.AtomicBoolean;

/** Ends the program in order at the first SIGTERM or SIGINT, and at once at the second. */
final class CleanEnd {

    /** 128 and the number of SIGTERM, as the shell has it. */
    private static final int ENDED_BY_SIGNAL = 143;

    private CleanEnd() {}

    /** Runs {@code end} when the process is told to end. */
    static void onSignal(Runnable end) {
        AtomicBoolean told = new AtomicBoolean();
        Signals.onStop(() -> {
            if (told.getAndSet(true)) {
                Runtime.getRuntime().halt(ENDED_BY_SIGNAL);
            }
            end.run();
        });
    }
}
