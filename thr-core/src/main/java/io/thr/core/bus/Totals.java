package io.thr.core.bus;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What has been counted of a queue, by one member or by all.
 *
 * @param counts in sum
 * @param waits of all
 * @param runs of all
 */
public record Totals(MemberReport.Counts counts, Durations waits, Durations runs) {

    /** Nothing yet. */
    public static final Totals NONE = new Totals(MemberReport.Counts.NONE, Durations.NONE, Durations.NONE);

    /** By the queue: what has come by several queues of a route is reported for the first of them. */
    public static Map<String, Totals> of(MemberReport report) {
        return of(Stream.of(report));
    }

    /** The same of all members that have told of themselves. */
    public static Map<String, Totals> of(List<BusState.Member> members) {
        return of(members.stream().map(BusState.Member::report).filter(Objects::nonNull));
    }

    private static Map<String, Totals> of(Stream<MemberReport> reports) {
        Map<String, Totals> sums = new TreeMap<>();
        reports.flatMap(report -> report.routes().stream())
                .filter(route -> !route.queues().isEmpty())
                .forEach(route -> sums.merge(
                        route.queues().get(0), new Totals(route.counts(), route.waits(), route.runs()), Totals::plus));
        return sums;
    }

    private Totals plus(Totals other) {
        return new Totals(counts.plus(other.counts), waits.plus(other.waits), runs.plus(other.runs));
    }
}
