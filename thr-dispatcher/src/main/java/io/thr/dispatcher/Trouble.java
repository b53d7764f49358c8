package io.thr.dispatcher;

import io.thr.core.redis.RedisException;
import io.thr.core.redis.RedisUnavailableException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What a failed step in Redis means for the next try. */
final class Trouble {

    private Trouble() {}

    /** What happened, without what the futures put around it. */
    static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }

    /**
     * What happened, for a log that everybody may read: what others' code says, and that of users, may quote the request, so that
     * only its kind is told.
     */
    static String told(@Nullable Throwable error) {
        if (error == null) {
            return "nobody knows why";
        }
        Throwable cause = cause(error);
        boolean isOurs =
                cause.getClass().getName().startsWith("io.thr.core.") || cause instanceof CancellationException;
        return isOurs ? cause.toString() : cause.getClass().getName();
    }

    /** The server could not be asked, or did not answer. */
    static boolean isOutOfReach(Throwable error) {
        return cause(error) instanceof RedisUnavailableException;
    }

    /** The server refuses what it will take later: it has no memory, or is a replica for now. */
    static boolean isRefusedForNow(Throwable error) {
        if (!(cause(error) instanceof RedisException refused)) {
            return false;
        }
        return refused.kind() == RedisException.Kind.OUT_OF_MEMORY || refused.kind() == RedisException.Kind.READ_ONLY;
    }
}
