package io.thr.core.redis;

import org.jspecify.annotations.Nullable;

/** Redis answered a command with an error. The text names the server, the step, and what Redis said. */
public final class RedisException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What the error is about, where we know it. */
    public enum Kind {
        /** The server has reached its {@code maxmemory}: nothing can be added until something is removed. */
        OUT_OF_MEMORY,
        /** The user may not run the command, or not on that key. */
        NO_PERMISSION,
        /** The key holds something else than we keep there. */
        WRONG_TYPE,
        /** The server is a replica, or has stopped to write because it cannot persist. */
        READ_ONLY,
        /** Any other. */
        OTHER
    }

    private final Kind kind;

    RedisException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What it is about. */
    public Kind kind() {
        return kind;
    }
}
