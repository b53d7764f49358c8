package io.thr.dispatcher.config;

import io.thr.core.redis.RedisUrl;
import io.thr.dispatcher.upstream.UpstreamSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some queues and the upstream that serves them.
 *
 * @param queues names of Redis lists in order of preference: one is served only while those before it are empty
 * @param upstream what serves them: one server, or several
 * @param workers how many threads take requests off the queues, 1 to 64; one is enough for thousands a second
 * @param maxConcurrent how many requests this entry has at the upstream at a time, 1 to 100,000; the others wait in Redis
 * @param redis where the queues are; null: where the dispatcher's are
 */
public record QueueSettings(
        List<String> queues,
        UpstreamSettings upstream,
        int workers,
        int maxConcurrent,
        @Nullable RedisUrl redis) {

    /** Where the original looks for an upstream that is not named. */
    public static final String DEFAULT_HTTP_HOST = "localhost";

    /** The port of an upstream that is not named. */
    public static final int DEFAULT_HTTP_PORT = 8082;

    /** How many threads take requests. */
    public static final int DEFAULT_WORKERS = 1;

    /** How many requests are at the upstream at a time. */
    public static final int DEFAULT_MAX_CONCURRENT = 100;

    /** How many threads there can be. */
    public static final int MAX_WORKERS = 64;

    /** How many requests there can be at the upstream at a time. */
    public static final int LARGEST_MAX_CONCURRENT = 100_000;

    /** Checks the parts. */
    public QueueSettings {
        queues = List.copyOf(queues);
        if (queues.isEmpty() || queues.contains("")) {
            throw new IllegalArgumentException("queue: " + queues + " (expected: a name, or a list of names)");
        }
        if (!queues.stream().allMatch(QueueSettings::isQueueName)) {
            throw new IllegalArgumentException("queue: a control character (expected: names without)");
        }
        within("workers", workers, MAX_WORKERS);
        within("max_concurrent", maxConcurrent, LARGEST_MAX_CONCURRENT);
    }

    /** One queue, one server, and the defaults. */
    public static QueueSettings of(String queue, String httpHost, int httpPort) {
        return of(queue, UpstreamSettings.of(httpHost, httpPort));
    }

    /** One queue, what serves it, and the defaults. */
    public static QueueSettings of(String queue, UpstreamSettings upstream) {
        return new QueueSettings(List.of(queue), upstream, DEFAULT_WORKERS, DEFAULT_MAX_CONCURRENT, null);
    }

    /** The same, with so many requests at the upstream at a time. */
    public QueueSettings withMaxConcurrent(int maxConcurrent) {
        return new QueueSettings(queues, upstream, workers, maxConcurrent, redis);
    }

    /** The scheduler's own names put characters below the blank between their parts. */
    private static boolean isQueueName(String name) {
        return name.chars().noneMatch(c -> c < ' ');
    }

    private static void within(String name, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 1 to " + most + ")");
        }
    }
}
