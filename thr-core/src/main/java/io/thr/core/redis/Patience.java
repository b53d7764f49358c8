package io.thr.core.redis;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a command may wait unsent while the server is away, and whether it may be sent again when nobody knows what
 * became of it.
 *
 * @param unsent how long; null for the lane's own short patience, and for none at all once the server is known to be away
 * @param repeatable whether doing it twice is as good as doing it once
 */
record Patience(@Nullable Duration unsent, boolean repeatable) {

    /** For what a client waits for: a short wait at the first, then none. */
    static final Patience SHORT = new Patience(null, false);

    /** For what must be done in the end, and may be done twice. */
    static Patience repeatable(Duration unsent) {
        return new Patience(unsent, true);
    }

    /** For what is worth waiting for, and must not be done twice. */
    static Patience once(Duration unsent) {
        return new Patience(unsent, false);
    }
}
