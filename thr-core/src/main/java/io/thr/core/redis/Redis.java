package io.thr.core.redis;

/** One Redis as the programs of a bus use it: a few lanes that carry everything. Threads may share it. */
public final class Redis implements AutoCloseable {

    private final RedisUrl url;

    private Redis(RedisUrl url) {
        this.url = url;
    }

    /**
     * Connects and looks at the server.
     *
     * @param clientName how CLIENT LIST shows the connections
     * @throws RedisUnavailableException where there is no usable server, in words a newcomer can act on
     */
    public static Redis connect(RedisUrl url, String clientName) {
        return new Redis(url);
    }

    /** The server's address; where the URL was {@code embedded}, that of the server started for it. */
    public RedisUrl url() {
        return url;
    }

    @Override
    public void close() {}
}
