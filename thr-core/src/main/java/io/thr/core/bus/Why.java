package io.thr.core.bus;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a request is, and why: the answer to "why does this request wait?". */
public sealed interface Why {

    /** There is none of that id on the bus: it has ended, waits for a rate policy in its front, or never came. */
    record Unknown(String request) implements Why {}

    /**
     * It is on its list; no member has taken it.
     *
     * @param position 1 for the next to be taken
     * @param reason why nobody has taken it yet
     */
    record Listed(String request, String queue, long position, ListedReason reason) implements Why {}

    /** Why a message stays on its list. */
    enum ListedReason {
        /** No running dispatcher serves the queue. */
        NO_MEMBER,
        /** As many requests wait on the bus as may. */
        TOO_MANY_WAIT,
        /** It has just come, and is about to be taken. */
        ABOUT_TO_BE_TAKEN
    }

    /** A member has taken it, or has it from a lost one, and sees to it now. */
    record Taken(String request, String queue, String member) implements Why {}

    /** It runs. */
    record Running(BusState.RunningRequest running) implements Why {}

    /**
     * It waits.
     *
     * @param since the server's time at which it came to wait
     * @param reason what it waits for
     * @param blockedBy every counter of its that has no room, the most specific first; empty where {@code reason} is not {@code
     *     LIMIT}
     * @param counters all that count it, and how far each is used
     * @param inFlow how many requests of its own flow come before it
     * @param position 1 + how many requests that wait for the same come before it, as shares and orders stand now
     * @param estimatedWait until it begins, by Little's law; null where that is not known, or nothing is being run
     */
    record Waiting(
            String request,
            String queue,
            Instant since,
            Reason reason,
            List<Blocker> blockedBy,
            List<Usage> counters,
            long inFlow,
            long position,
            @Nullable Duration estimatedWait)
            implements Why {
        /** Copies the lists. */
        public Waiting {
            blockedBy = List.copyOf(blockedBy);
            counters = List.copyOf(counters);
        }
    }

    /** What a request waits for. */
    enum Reason {
        /** Its queue is paused. */
        PAUSED,
        /** No running dispatcher serves its queue. */
        NO_MEMBER,
        /** A counter of its is full. */
        LIMIT,
        /** Its limits have room: others that wait for the same come before it, or no dispatcher has room for more. */
        TURN
    }

    /**
     * A full counter.
     *
     * @param counter the limit's name, or {@code name==value}
     * @param running how many run in it
     * @param max the maximum in force
     * @param holders those that run in it, what began first first, {@link BusState#MOST_RUNNING} at most
     * @param withheld how many of its slots are kept for requests of lost members, until their time is up
     */
    record Blocker(String counter, long running, int max, List<BusState.RunningRequest> holders, long withheld) {
        /** Copies the list. */
        public Blocker {
            holders = List.copyOf(holders);
        }
    }

    /**
     * How far a counter is used.
     *
     * @param max null: no maximum is in force
     */
    record Usage(String counter, long running, @Nullable Integer max) {}
}
