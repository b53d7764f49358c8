package io.thr.dispatcher.upstream;

/**
 * What has become of the calls to one server so far.
 *
 * @param url where it listens
 * @param calls how many have begun, each try counted
 * @param retries how many of them were repeats of one that failed, here or at another server
 * @param running how many are under way
 * @param failures how many could not be connected, or broke
 * @param ejected whether the server is left out now
 * @param ejections how often it has been left out
 * @param connectionsOpened how many connections have been opened and used
 * @param connectionsReused how many calls went over a connection that had served before
 */
public record ServerFigures(
        String url,
        long calls,
        long retries,
        long running,
        long failures,
        boolean ejected,
        long ejections,
        long connectionsOpened,
        long connectionsReused) {}
