package io.thr.dispatcher;

/** How far a dispatcher has come in stopping, numbered as in the original's stats file. */
enum StoppingMode {
    /** It does not stop. */
    RUNNING(0),
    /** It takes nothing more. */
    INTAKES_STOPPING(1),
    /** It waits for what runs. */
    FINISHING(3),
    /** It is over. */
    STOPPED(5);

    private final int number;

    StoppingMode(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
