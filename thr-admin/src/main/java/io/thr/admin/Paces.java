package io.thr.admin;

import io.thr.admin.BusSample.Pace;
import io.thr.core.bus.BusState;
import io.thr.core.bus.MemberReport;
import io.thr.core.bus.Totals;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How fast the queues of a bus go: what each member counted between its last two reports, whose times are its own clock's. Members
 * report when they like, so what is said of one second may be what happened in the few before. For one thread.
 */
final class Paces {

    /** A member that has said nothing new for so long is not counted. */
    private static final Duration OUTDATED = Duration.ofSeconds(15);

    private final Map<String, Reports> members = new HashMap<>();

    /**
     * The reports of a member.
     *
     * @param before the last but one; null where it was the first
     * @param seen when the last was seen first, by the server's clock
     */
    private record Reports(@Nullable MemberReport before, MemberReport last, Instant seen) {}

    /** By queue, after that state, which is later than the one before. */
    Map<String, Pace> after(BusState state) {
        Set<String> present =
                state.members().stream().map(BusState.Member::name).collect(Collectors.toSet());
        members.keySet().retainAll(present);
        Map<String, Pace> paces = new HashMap<>();
        for (BusState.Member member : state.members()) {
            MemberReport report = member.report();
            if (report == null) {
                continue;
            }
            Reports known = members.get(member.name());
            Reports now = known == null
                    ? new Reports(null, report, state.at())
                    : report.at().isAfter(known.last.at()) ? new Reports(known.last, report, state.at()) : known;
            members.put(member.name(), now);
            if (now.before != null && now.seen.plus(OUTDATED).isAfter(state.at())) {
                between(now.before, now.last).forEach((queue, pace) -> paces.merge(queue, pace, Pace::plus));
            }
        }
        return paces;
    }

    private static Map<String, Pace> between(MemberReport before, MemberReport last) {
        double seconds = Duration.between(before.at(), last.at()).toNanos() / 1e9;
        Map<String, Totals> earlier = Totals.of(before);
        Map<String, Pace> paces = new HashMap<>();
        Totals.of(last)
                .forEach((queue, now) ->
                        paces.put(queue, pace(earlier.getOrDefault(queue, Totals.NONE), now, seconds)));
        return paces;
    }

    private static Pace pace(Totals before, Totals now, double seconds) {
        long failed = now.counts().failed() - before.counts().failed();
        long answered = now.counts().answered() - before.counts().answered();
        return new Pace(
                (now.counts().begun() - before.counts().begun()) / seconds,
                (answered + failed) / seconds,
                failed / seconds,
                now.waits().since(before.waits()),
                now.runs().since(before.runs()));
    }
}
