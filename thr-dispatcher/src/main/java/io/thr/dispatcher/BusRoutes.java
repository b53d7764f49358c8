package io.thr.dispatcher;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one bus, for those that look after claims of any queue.
 *
 * @param all at least one
 */
record BusRoutes(List<Queueing> all) {

    BusRoutes {
        all = List.copyOf(all);
    }

    /** The first route that serves that queue; null where none does. */
    @Nullable
    Queueing serving(String queue) {
        return all.stream()
                .filter(queueing -> queueing.route().settings().queues().contains(queue))
                .findFirst()
                .orElse(null);
    }

    /** Says last words, whatever the queue. */
    Finisher finisher() {
        return all.get(0).finisher();
    }
}
