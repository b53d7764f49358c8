package io.thr.core.limit;

import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.message.RequestMessage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A hash that gives none where it would throw: no request may stop a dispatcher, whatever it does to a function or to a
 * regular expression. The first failure is logged, all are counted. Threads may share it.
 */
final class GuardedHash {

    private static final System.Logger LOG = System.getLogger(GuardedHash.class.getName());

    private final String owner;
    private final String consequence;
    private final RequestHash hash;
    private final AtomicLong failures = new AtomicLong();

    GuardedHash(String owner, String consequence, RequestHash hash) {
        this.owner = owner;
        this.consequence = consequence;
        this.hash = hash;
    }

    @Nullable
    String hash(RequestMessage request) {
        try {
            return hash.hash(request);
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            if (failures.getAndIncrement() == 0) {
                LOG.log(WARNING, owner + ": " + consequence + " (later failures are only counted)", e);
            }
            return null;
        }
    }

    long failures() {
        return failures.get();
    }
}
