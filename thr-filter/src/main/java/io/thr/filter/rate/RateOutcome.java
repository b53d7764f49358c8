package io.thr.filter.rate;

import io.thr.core.message.Headers;
import io.thr.core.rate.RateDecision;
import io.thr.filter.rule.RateLimit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What rate policies say of a request. */
public sealed interface RateOutcome {

    /** The response's fields that tell the client how its quotas stand. */
    List<Headers.Field> fields();

    /**
     * It goes on.
     *
     * @param delayMillis after how long; 0: now
     * @param queue the queue that it goes on, as it exceeds a policy that says so; null: what the rules have said
     * @param receipt what it was charged
     */
    record Allowed(
            List<Headers.Field> fields,
            long delayMillis,
            @Nullable String queue,
            RateReceipt receipt) implements RateOutcome {}

    /**
     * It exceeds a policy.
     *
     * @param decision why, and for how long
     * @param body what its client reads instead of problem details, or null
     */
    record Refused(List<Headers.Field> fields, RateDecision.Refused decision, RateLimit.@Nullable Body body)
            implements RateOutcome {}

    /** Nobody can decide, and its rules say that it is not to go on then. */
    record Unavailable() implements RateOutcome {

        @Override
        public List<Headers.Field> fields() {
            return List.of();
        }
    }

    /** No policy is about it. */
    RateOutcome FREE = new Allowed(List.of(), 0, null, RateReceipt.NOTHING);
}
