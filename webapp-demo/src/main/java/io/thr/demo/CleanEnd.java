package io.thr.demo;

/** Ends the program in order when it gets SIGTERM or SIGINT, with exit status 0. */
final class CleanEnd {

    private CleanEnd() {}

    /** Runs {@code end} when the JVM is told to leave, and leaves after it. */
    static void onSignal(Runnable end) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> leave(end), "thr-clean-end"));
    }

    private static void leave(Runnable end) {
        try {
            end.run();
        } finally {
            System.out.flush();
            // Without this the JVM reports 128 + the signal's number, as if it had been killed.
            Runtime.getRuntime().halt(0);
        }
    }
}
