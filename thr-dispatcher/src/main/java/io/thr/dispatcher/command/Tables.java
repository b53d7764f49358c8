package io.thr.dispatcher.command;

import io.thr.core.bus.BusState;
import io.thr.core.bus.MemberReport;
import io.thr.core.bus.Totals;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A bus's state in tables. */
final class Tables {

    private Tables() {}

    static Table queues(BusState state) {
        Table table = new Table(
                "QUEUE", " LISTED", " WAITING", " RUNNING", " OLDEST", " EST. WAIT", " MEAN RUN", " DEAD", "STATE");
        for (BusState.Queue queue : state.queues()) {
            table.row(
                    queue.name(),
                    queue.listed(),
                    queue.waiting(),
                    queue.running(),
                    Plain.since(queue.oldest(), state.at()),
                    Plain.time(queue.estimatedWait()),
                    Plain.time(queue.runTime()),
                    queue.dead(),
                    queueState(queue, state.at()));
        }
        return table;
    }

    private static String queueState(BusState.Queue queue, Instant now) {
        return queue.pausedSince() == null ? "" : "paused for " + Plain.since(queue.pausedSince(), now);
    }

    static Table limits(BusState state) {
        Table table = new Table("LIMIT", " RUNNING", " MAX", " WAITING", "CONFIGURED", "FULLEST");
        for (BusState.Limit limit : state.limits()) {
            table.row(
                    limit.name(),
                    limit.running(),
                    limit.max(),
                    limit.waiting(),
                    limit.configured() == null ? "" : limit.configured(),
                    fullest(limit));
        }
        return table;
    }

    private static String fullest(BusState.Limit limit) {
        List<String> counters = new ArrayList<>();
        for (BusState.Counter counter : limit.counters()) {
            if (!counter.counter().equals(limit.name()) && counters.size() < 3) {
                counters.add(counter.counter() + " " + counter.running() + "+" + counter.waiting());
            }
        }
        return String.join(", ", counters) + (limit.countersInAll() > 3 ? ", …" : "");
    }

    static Table members(BusState state) {
        Table table = new Table("MEMBER", " LEASE", " OWNS", "HOST", " PID", "VERSION", " UP", "SERVES", "STATE");
        for (BusState.Member member : state.members()) {
            MemberReport report = member.report();
            Duration left = Duration.between(state.at(), member.leaseEnd());
            table.row(
                    member.name(),
                    left.isNegative() ? "over" : Plain.time(left),
                    member.owns(),
                    report == null ? "-" : report.host(),
                    report == null ? "-" : report.pid(),
                    report == null ? "-" : report.version(),
                    report == null ? "-" : Plain.since(report.startedAt(), report.at()),
                    report == null ? "-" : serves(report),
                    memberState(left, report));
        }
        return table;
    }

    private static String serves(MemberReport report) {
        return String.join(
                "; ",
                report.routes().stream()
                        .map(route ->
                                String.join(",", route.queues()) + " " + route.running() + "/" + route.maxConcurrent())
                        .toList());
    }

    private static String memberState(Duration left, @Nullable MemberReport report) {
        if (left.isNegative()) {
            return "lost";
        }
        return report != null && report.stopping() ? "stopping" : "";
    }

    static Table flows(BusState state, int most) {
        Table table = new Table("WAITS FOR", " REQUESTS", " OLDEST", "QUEUE", "SHARE", "COUNTED BY");
        state.flows().stream()
                .limit(most)
                .forEach(flow -> table.row(
                        flow.blockedBy() == null ? "its turn" : flow.blockedBy(),
                        flow.waiting(),
                        Plain.since(flow.oldest(), state.at()),
                        flow.queue(),
                        String.join(" / ", flow.shares()),
                        String.join(", ", flow.counters())));
        return table;
    }

    static Table servers(BusState state) {
        Table table = new Table("UPSTREAM", "QUEUE", " RUNNING", " CALLS", " RETRIES", " FAILURES", "MEMBER", "STATE");
        for (BusState.Member member : state.members()) {
            if (member.report() != null) {
                member.report()
                        .routes()
                        .forEach(route -> route.servers()
                                .forEach(server -> table.row(
                                        server.url(),
                                        route.queues().get(0),
                                        server.running(),
                                        server.calls(),
                                        server.retries(),
                                        server.failures(),
                                        member.name(),
                                        server.ejected() ? "ejected" : "")));
            }
        }
        return table;
    }

    /** What all members have counted since each began, by the first queue of each route. */
    static Table counts(Map<String, Totals> totals) {
        Table table = new Table(
                "SINCE START",
                " BEGUN",
                " ANSWERED",
                " FAILED",
                " EXPIRED",
                " RETRIED",
                " BURIED",
                " LEFT",
                " WAIT p50",
                " p95",
                " RUN p50",
                " p95");
        totals.forEach((queue, total) -> table.row(
                queue,
                total.counts().begun(),
                total.counts().answered(),
                total.counts().failed(),
                total.counts().expired(),
                total.counts().retried(),
                total.counts().buried(),
                total.counts().left(),
                Plain.time(total.waits().quantile(0.5)),
                Plain.time(total.waits().quantile(0.95)),
                Plain.time(total.runs().quantile(0.5)),
                Plain.time(total.runs().quantile(0.95))));
        return table;
    }
}
