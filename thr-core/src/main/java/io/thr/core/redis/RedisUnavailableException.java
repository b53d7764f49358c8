package io.thr.core.redis;

import org.jspecify.annotations.Nullable;

/** Redis could not be asked, or did not answer. The text names the server and what was tried. */
public final class RedisUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final boolean sent;

    /** With whether the command may have reached the server all the same. */
    public RedisUnavailableException(String message, boolean sent, @Nullable Throwable cause) {
        super(message, cause);
        this.sent = sent;
    }

    /** True where the command was sent, so that nobody knows whether it took effect; false where it surely did not. */
    public boolean maybeDone() {
        return sent;
    }
}
