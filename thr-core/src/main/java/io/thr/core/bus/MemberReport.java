package io.thr.core.bus;

import java.time.Instant;
import java.util.List;

/**
 * What a dispatcher says of itself now and then, for all who look at the bus: who it is, what it has counted since it began.
 *
 * @param at by its own clock
 * @param host the machine's name
 * @param pid the process
 * @param version of the program
 * @param startedAt by its own clock
 * @param stopping whether it takes nothing more, and ends when what runs has ended
 * @param routes what it serves, in the order of its configuration
 */
public record MemberReport(
        Instant at, String host, long pid, String version, Instant startedAt, boolean stopping, List<Route> routes) {

    /** Copies the list. */
    public MemberReport {
        routes = List.copyOf(routes);
    }

    /**
     * An entry of its queues.
     *
     * @param queues the preferred first
     * @param maxConcurrent how many it runs at most
     * @param running how many it runs
     * @param counts since it began
     * @param waits how long the requests that were begun had waited since their fronts queued them
     * @param runs how long the upstream took, the end of the response included
     * @param servers the upstream's
     */
    public record Route(
            List<String> queues,
            int maxConcurrent,
            int running,
            Counts counts,
            Durations waits,
            Durations runs,
            List<Server> servers) {
        /** Copies the lists. */
        public Route {
            queues = List.copyOf(queues);
            servers = List.copyOf(servers);
        }
    }

    /**
     * Since the member began.
     *
     * @param taken off their queues
     * @param begun sent upstream, or about to be
     * @param answered with the upstream's response
     * @param failed answered with an error of ours: no connection, time-out, unknown outcome
     * @param refused answered with an error without having been begun, but for those that expired
     * @param expired whose deadline was over before they could run
     * @param retried begun again, here or by another member
     * @param buried as dead letters
     * @param left whose client had left
     */
    public record Counts(
            long taken,
            long begun,
            long answered,
            long failed,
            long refused,
            long expired,
            long retried,
            long buried,
            long left) {

        /** Nothing yet. */
        public static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0, 0, 0, 0);

        /** Both together. */
        public Counts plus(Counts other) {
            return new Counts(
                    taken + other.taken,
                    begun + other.begun,
                    answered + other.answered,
                    failed + other.failed,
                    refused + other.refused,
                    expired + other.expired,
                    retried + other.retried,
                    buried + other.buried,
                    left + other.left);
        }
    }

    /**
     * A server of an upstream.
     *
     * @param url without a password
     * @param running how many calls it has now
     * @param ejected whether it is left out for the time being
     * @param calls since the member began; so are the others
     * @param retries calls that were a repeat
     * @param failures calls that failed
     */
    public record Server(String url, int running, boolean ejected, long calls, long retries, long failures) {}
}
