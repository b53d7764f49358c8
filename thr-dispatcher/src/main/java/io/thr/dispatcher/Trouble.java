package io.thr.dispatcher;

import io.thr.core.redis.RedisException;
import io.thr.core.redis.RedisUnavailableException;
import java.util.concurrent.CompletionException;

/** What a failed step in Redis means for the next try. */
final class Trouble {

    private Trouble() {}

    /** What happened, without what the futures put around it. */
    static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
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
