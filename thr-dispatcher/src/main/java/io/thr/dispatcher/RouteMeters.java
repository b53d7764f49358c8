package io.thr.dispatcher;

import io.thr.core.bus.DurationCounter;
import io.thr.core.bus.MemberReport;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What a dispatcher counts of one entry of its queues. Threads may share it. */
final class RouteMeters {

    /** How a request has ended for this dispatcher. */
    enum Outcome {
        /** With the upstream's response. */
        ANSWERED,
        /** With an error of ours after it was begun, or its response broke off, or could not be given. */
        FAILED,
        /** With an error of ours without having been begun. */
        REFUSED,
        /** Its deadline was over before it could run. */
        EXPIRED,
        /** As a dead letter. */
        BURIED,
        /** Its client had left. */
        LEFT,
        /** It is back on its queue. */
        GIVEN_BACK,
        /** It is somebody else's, or came twice: not an end of the request. */
        PASSED_OVER;

        /** As the label of a meter and in the access log. */
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final LongAdder taken = new LongAdder();
    private final LongAdder begun = new LongAdder();
    private final LongAdder retried = new LongAdder();
    private final Map<Outcome, LongAdder> outcomes = new EnumMap<>(Outcome.class);
    private final DurationCounter waits = new DurationCounter();
    private final DurationCounter runs = new DurationCounter();

    RouteMeters() {
        for (Outcome outcome : Outcome.values()) {
            outcomes.put(outcome, new LongAdder());
        }
    }

    /** So many came off their queues. */
    void taken(int more) {
        taken.add(more);
    }

    /** One is about to be sent upstream, not for the first time where {@code attempt} is more than 1. */
    void begun(int attempt, long waitedNanos) {
        begun.increment();
        if (attempt > 1) {
            retried.increment();
        }
        waits.add(waitedNanos);
    }

    /** An upstream took so long. */
    void ran(long nanos) {
        runs.add(nanos);
    }

    void ended(Outcome outcome) {
        counter(outcome).increment();
    }

    long count(Outcome outcome) {
        return counter(outcome).sum();
    }

    private LongAdder counter(Outcome outcome) {
        return Objects.requireNonNull(outcomes.get(outcome));
    }

    MemberReport.Counts counts() {
        return new MemberReport.Counts(
                taken.sum(),
                begun.sum(),
                count(Outcome.ANSWERED),
                count(Outcome.FAILED),
                count(Outcome.REFUSED),
                count(Outcome.EXPIRED),
                retried.sum(),
                count(Outcome.BURIED),
                count(Outcome.LEFT));
    }

    DurationCounter waits() {
        return waits;
    }

    DurationCounter runs() {
        return runs;
    }
}
