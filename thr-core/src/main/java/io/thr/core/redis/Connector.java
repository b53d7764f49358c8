package io.thr.core.redis;

/**
 * Where connections to the server come from that now serves the bus: a standalone server today; the place for one that
 * asks Sentinels, or a Cluster's slot map, each time. Threads may share it.
 */
interface Connector {

    /**
     * A new connection that has been let in and answers.
     *
     * @throws RedisUnavailableException where there is none to be had, in words a newcomer can act on
     */
    LaneConnection open();

    /** The server, for messages. */
    RedisUrl url();
}
