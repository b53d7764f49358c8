package io.thr.core.redis;

/** What time it is on the server, about: as of the last reply that told, and this machine's steady clock since. */
final class ServerClock {

    private volatile long offsetMillis;

    /** The server has just said what time it is. */
    void heard(long serverMillis) {
        offsetMillis = serverMillis - steadyMillis();
    }

    /** Epoch milliseconds. */
    long millis() {
        return steadyMillis() + offsetMillis;
    }

    private static long steadyMillis() {
        return System.nanoTime() / 1_000_000;
    }
}
