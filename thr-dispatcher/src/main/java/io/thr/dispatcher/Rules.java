package io.thr.dispatcher;

import io.thr.core.message.RequestMessage;
import io.thr.core.schedule.Flow;
import java.util.List;
import java.util.Map;

/** What limits and orders requests. Threads may share it; a change of the settings makes another. */
interface Rules {

    /**
     * Where the request waits, and what counts it.
     *
     * @throws RuntimeException where a function of the users' fails
     */
    Flow flow(String queue, RequestMessage message);

    /** How much later than its arrival it counts. */
    long headStartMillis(RequestMessage message);

    /** The limits, in the order of the settings. */
    List<Limit> limits();

    /** The maximum of each limit, by its name. */
    Map<String, Integer> maxima();

    /**
     * A limit, as the stats show it.
     *
     * @param dynamic whether each value is counted by itself
     * @param showInStats whether the stats show it at all
     */
    record Limit(String name, int max, boolean dynamic, boolean showInStats) {}

    /** No limits: first come, first served. */
    static Rules none() {
        return new Rules() {
            @Override
            public Flow flow(String queue, RequestMessage message) {
                return new Flow(queue, List.of(), List.of());
            }

            @Override
            public long headStartMillis(RequestMessage message) {
                return 0;
            }

            @Override
            public List<Limit> limits() {
                return List.of();
            }

            @Override
            public Map<String, Integer> maxima() {
                return Map.of();
            }
        };
    }
}
