package io.thr.core.bus;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A bus at a glance: what waits, what runs, under which limits, and by whom. Read in several steps, so that it is not one
 * moment's picture where much happens; each of its numbers was right when it was read.
 *
 * @param at the server's time when the reading began
 * @param bus its name
 * @param redis the server's address, without a password
 * @param queues each queue that a member serves, or in which something is or has been paused, by name
 * @param limits by name
 * @param flows those that wait, those that have waited longest first, {@link #MOST_FLOWS} at most
 * @param flowsInAll how many flows wait
 * @param running what runs, what began first first, {@link #MOST_RUNNING} at most
 * @param runningInAll how many run
 * @param members by name
 */
public record BusState(
        Instant at,
        String bus,
        String redis,
        List<Queue> queues,
        List<Limit> limits,
        List<WaitingFlow> flows,
        long flowsInAll,
        List<RunningRequest> running,
        long runningInAll,
        List<Member> members) {

    /** How many flows are named. */
    public static final int MOST_FLOWS = 100;

    /** How many running requests are named. */
    public static final int MOST_RUNNING = 200;

    /** How many counters of one dynamic limit are named. */
    public static final int MOST_COUNTERS = 20;

    /** Copies the lists. */
    public BusState {
        queues = List.copyOf(queues);
        limits = List.copyOf(limits);
        flows = List.copyOf(flows);
        running = List.copyOf(running);
        members = List.copyOf(members);
    }

    /**
     * A queue.
     *
     * @param name the list's key
     * @param listed how many messages are still on its list: no member has taken them
     * @param waiting how many have been taken, and wait for their limits, their turn, or a member with room
     * @param running how many run
     * @param dead how many dead letters there are
     * @param pausedSince null: it is not paused
     * @param oldest since when the one waits that has waited longest; null where none does
     * @param runTime how long its requests have run of late, in the mean; null where that is not known, as nothing waits
     * @param estimatedWait how long a request that comes now would wait, by Little's law; null where that is not known
     */
    public record Queue(
            String name,
            long listed,
            long waiting,
            long running,
            long dead,
            @Nullable Instant pausedSince,
            @Nullable Instant oldest,
            @Nullable Duration runTime,
            @Nullable Duration estimatedWait) {}

    /**
     * A limit.
     *
     * @param max the maximum in force
     * @param configured the maximum of the configuration, where somebody has set another; null where nobody has
     * @param running how many run under it, over all its values where it is dynamic
     * @param waiting how many wait for it
     * @param counters its counters in which something runs or waits, the fullest first, {@link #MOST_COUNTERS} at most
     * @param countersInAll how many there are
     */
    public record Limit(
            String name,
            int max,
            @Nullable Integer configured,
            long running,
            long waiting,
            List<Counter> counters,
            long countersInAll) {
        /** Copies the list. */
        public Limit {
            counters = List.copyOf(counters);
        }
    }

    /**
     * What a limit counts: all it matches, or those of one value.
     *
     * @param counter the limit's name, or {@code name==value}
     * @param running how many run
     * @param waiting how many wait for it
     */
    public record Counter(String counter, long running, long waiting) {}

    /**
     * Requests that wait together.
     *
     * @param queue whose members may run them
     * @param shares the fairness keys, the outer first; a strict class of priorities as {@code =NN}
     * @param counters what counts them
     * @param waiting how many
     * @param blockedBy the counter that they wait for; null: they wait for their turn or for a member with room
     * @param oldest since when the first of them waits
     */
    public record WaitingFlow(
            String queue,
            List<String> shares,
            List<String> counters,
            long waiting,
            @Nullable String blockedBy,
            Instant oldest) {
        /** Copies the lists. */
        public WaitingFlow {
            shares = List.copyOf(shares);
            counters = List.copyOf(counters);
        }
    }

    /**
     * A request that runs.
     *
     * @param request its id
     * @param queue where it came from
     * @param counters what counts it
     * @param member who runs it
     * @param since by the server's clock
     */
    public record RunningRequest(String request, String queue, List<String> counters, String member, Instant since) {
        /** Copies the list. */
        public RunningRequest {
            counters = List.copyOf(counters);
        }
    }

    /**
     * A dispatcher.
     *
     * @param leaseEnd when its lease runs out if it is not renewed; in the past: it is lost
     * @param owns how many requests it owns, running or about to be seen to
     * @param report what it said last of itself; null where it has said nothing of late
     */
    public record Member(
            String name,
            Instant leaseEnd,
            long owns,
            @Nullable MemberReport report) {}
}
