package io.thr.admin;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What came of a change.
 *
 * @param done whether something has changed
 * @param count how many, where it is about many; else null
 * @param missing what there is none of; null where nothing is missing
 */
record Change(boolean done, @Nullable Long count, @Nullable String missing) {

    /** Of something that may be as it is wanted already. */
    static CompletableFuture<Change> made(CompletableFuture<Boolean> done) {
        return done.thenApply(now -> new Change(now, null, null));
    }

    /** Of something that there may not be. */
    static CompletableFuture<Change> madeTo(CompletableFuture<Boolean> done, String otherwise) {
        return done.thenApply(now -> new Change(now, null, now ? null : otherwise));
    }

    /** Of as many as there are. */
    static CompletableFuture<Change> counted(CompletableFuture<Long> count) {
        return count.thenApply(many -> new Change(many > 0, many, null));
    }

    /** For the audit line. */
    String outcome() {
        String what = missing == null ? "nothing to do" : missing;
        return done ? count == null ? "done" : "done, " + count : what;
    }

    AdminResponse answer() {
        if (missing != null) {
            return AdminResponse.problem(404, "Not Found", missing);
        }
        return AdminResponse.json(200, json -> {
            json.writeBooleanField("done", done);
            if (count != null) {
                json.writeNumberField("count", count);
            }
        });
    }
}
