package io.thr.core.rate;

/**
 * How a quota is counted. N is the quota, W the window, B the burst. All are FIFO where requests wait: nobody is granted a
 * time before that of one who came earlier. What is refused is never counted, so who asks ten times as often as allowed still
 * gets all that is allowed.
 */
public enum RateAlgorithm {
    /**
     * N in a window that begins with a key's first request: the cheapest, one number. In the worst case 2N in an interval
     * of length W: N at the end of a window and N at the beginning of the next.
     */
    FIXED_WINDOW('f'),
    /**
     * Each admitted request is remembered for W: exactly N in any interval of length W. Costs memory for each of them, some
     * 13 bytes, and a search in them.
     */
    SLIDING_WINDOW('s'),
    /**
     * B tokens at most, N new ones in each W, evenly: in the worst case N + B in an interval of length W. One number, kept
     * as the time when the bucket is full again (the generic cell rate algorithm, ITU-T I.371).
     */
    TOKEN_BUCKET('t');

    private final char letter;

    RateAlgorithm(char letter) {
        this.letter = letter;
    }

    /** What keys and scripts call it. */
    public char letter() {
        return letter;
    }
}
