package io.thr.filter.suspend;

import io.thr.core.bus.DurationCounter;
import io.thr.core.bus.Durations;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What a node counts of its requests. Threads may share it. */
public final class FilterMeters {

    /** What was decided of a request. */
    public enum Verdict {
        /** It is the application's. */
        PASSED,
        /** A rule answers it, or what it asks for is answered here. */
        ANSWERED,
        /** It waits in a queue. */
        QUEUED,
        /** It is not one that can be passed on or queued, or there are too many. */
        REFUSED,
        /** It is over a quota. */
        RATE_LIMITED,
        /** A rule failed, or rate policies could not be asked. */
        FAILED;

        /** As the label of a meter. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What a client whose request waited got. */
    public enum Got {
        /** A status of 2xx. */
        SUCCESS("2xx"),
        /** A status of 3xx. */
        REDIRECT("3xx"),
        /** A status of 4xx. */
        CLIENT_ERROR("4xx"),
        /** A status of 5xx. */
        SERVER_ERROR("5xx"),
        /** Another status. */
        OTHER("other"),
        /** Nothing: it had left. */
        NOTHING("none");

        private final String label;

        Got(String label) {
            this.label = label;
        }

        /** As the label of a meter. */
        public String label() {
            return label;
        }

        static Got of(int status) {
            return switch (status / 100) {
                case 2 -> SUCCESS;
                case 3 -> REDIRECT;
                case 4 -> CLIENT_ERROR;
                case 5 -> SERVER_ERROR;
                default -> OTHER;
            };
        }
    }

    private final Map<Verdict, LongAdder> verdicts = new EnumMap<>(Verdict.class);
    private final Map<Got, LongAdder> responses = new EnumMap<>(Got.class);
    private final DurationCounter waits = new DurationCounter();

    /** Of nothing yet. */
    public FilterMeters() {
        for (Verdict verdict : Verdict.values()) {
            verdicts.put(verdict, new LongAdder());
        }
        for (Got got : Got.values()) {
            responses.put(got, new LongAdder());
        }
    }

    /** That was decided of a request. */
    public void decided(Verdict verdict) {
        counter(verdict).increment();
    }

    /** How often that was decided. */
    public long count(Verdict verdict) {
        return counter(verdict).sum();
    }

    private LongAdder counter(Verdict verdict) {
        return Objects.requireNonNull(verdicts.get(verdict));
    }

    /** An exchange that waited has ended. */
    void ended(Got got, long waitedNanos) {
        counter(got).increment();
        waits.add(waitedNanos);
    }

    /** How many exchanges that waited have ended so. */
    public long count(Got got) {
        return counter(got).sum();
    }

    private LongAdder counter(Got got) {
        return Objects.requireNonNull(responses.get(got));
    }

    /** How long exchanges waited, from when they were suspended until their response began. */
    public Durations waits() {
        return waits.durations();
    }
}
