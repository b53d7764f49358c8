package io.thr.dispatcher.command;

import io.thr.core.bus.BusState;
import io.thr.core.bus.Durations;
import io.thr.core.bus.MemberReport;
import java.util.Map;
import java.util.TreeMap;

/** What members have counted of a route, together. */
record Totals(MemberReport.Counts counts, Durations waits, Durations runs) {

    /** By the first queue of each route. */
    static Map<String, Totals> of(BusState state) {
        Map<String, Totals> totals = new TreeMap<>();
        for (BusState.Member member : state.members()) {
            if (member.report() != null) {
                member.report()
                        .routes()
                        .forEach(route -> totals.merge(
                                route.queues().get(0),
                                new Totals(route.counts(), route.waits(), route.runs()),
                                Totals::plus));
            }
        }
        return totals;
    }

    private Totals plus(Totals other) {
        return new Totals(counts.plus(other.counts), waits.plus(other.waits), runs.plus(other.runs));
    }
}
