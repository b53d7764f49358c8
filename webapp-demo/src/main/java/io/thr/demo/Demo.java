package io.thr.demo;

import io.thr.core.redis.EmbeddedRedis;
import io.thr.core.redis.RedisUrl;
import io.thr.dispatcher.Dispatcher;
import io.thr.dispatcher.config.DispatcherSettings;
import io.thr.dispatcher.config.QueueSettings;
import io.thr.filter.config.FilterSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The whole way in one process: front, dispatcher and upstream, with a Redis as child process. Ends in the order in
 * which a request meets them, so that none that waits loses the part it waits for.
 */
final class Demo implements AutoCloseable {

    private final Deque<Runnable> ends = new ArrayDeque<>();
    private final Front front;
    private final RedisUrl redis;
    private final int upstreamPort;

    private Demo(int port) throws IOException {
        try {
            EmbeddedRedis server = EmbeddedRedis.start();
            ends.push(server::close);
            redis = server.url();
            HelloUpstream upstream = HelloUpstream.start();
            ends.push(upstream::close);
            upstreamPort = upstream.port();
            Dispatcher dispatcher = Dispatcher.start(dispatcher());
            ends.push(dispatcher::close);
            FilterSettings settings = FilterSettings.defaults().withRedis(redis).withDefaultQueue(Main.DEFAULT_QUEUE);
            front = Front.start(settings, new Listen(port, null));
            ends.push(front::close);
        } catch (IOException | RuntimeException failed) {
            close();
            throw failed;
        }
    }

    /**
     * Starts all parts.
     *
     * @param port where the front listens; 0: any free port
     */
    static Demo start(int port) throws IOException {
        return new Demo(port);
    }

    private DispatcherSettings dispatcher() {
        return DispatcherSettings.builder()
                .redis(redis)
                .statsEvery(Duration.ZERO)
                .queue(QueueSettings.of(Main.DEFAULT_QUEUE, "127.0.0.1", upstreamPort))
                .build();
    }

    String url() {
        return front.url();
    }

    /** What runs where, and what to do next. */
    String introduction() {
        return """
                Redis       %s (embedded: ends with this demo)
                Upstream    http://127.0.0.1:%d answers "Hello World"
                Dispatcher  takes %s to the upstream

                Start http2redis on %s

                Try:  curl %s
                End:  Ctrl-C""".formatted(redis, upstreamPort, Main.DEFAULT_QUEUE, url(), url());
    }

    void awaitEnd() throws InterruptedException {
        front.awaitEnd();
    }

    @Override
    public void close() {
        while (!ends.isEmpty()) {
            ends.pop().run();
        }
    }
}
