package io.thr.core.limit;

import io.thr.core.message.RequestMessage;
import io.thr.core.schedule.Flow;
import java.util.ArrayList;
import java.util.List;

/**
 * How the requests of a bus are scheduled: makes of a request what the scheduler is told of it. Never throws for a
 * request, whatever its fields hold. Immutable; threads may share it.
 *
 * @param limits how many may run at the same time
 * @param fairShare between whom the slots are shared
 * @param order what a priority is worth
 */
public record Scheduling(Limits limits, FairShare fairShare, PriorityOrder order) {

    /** No limits, first come first served, priorities as head starts. */
    public static final Scheduling DEFAULT = new Scheduling(Limits.NONE, FairShare.NONE, PriorityOrder.DEFAULT);

    /**
     * Where that request waits.
     *
     * @param queue the queue it came on, without characters below the blank
     */
    public Flow flow(String queue, RequestMessage request) {
        List<Flow.Level> path = new ArrayList<>(order.classes(request.extra().priority()));
        path.addAll(fairShare.path(request));
        return new Flow(queue, path, limits.counters(request));
    }

    /** By how many milliseconds later than its arrival that request counts; the most urgent have the least. */
    public long headStartMillis(RequestMessage request) {
        return order.headStartMillis(request.extra().priority());
    }
}
