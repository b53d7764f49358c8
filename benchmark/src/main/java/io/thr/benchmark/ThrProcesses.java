package io.thr.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The way through THR: a Redis, a front and, unless nobody shall answer, a dispatcher, each a process of its own. */
final class ThrProcesses implements AutoCloseable {

    static final String QUEUE = "thr:queue:default";

    private static final Pattern FRONT_READY = Pattern.compile("^Start http2redis on http://localhost:(\\d+)$");
    private static final Pattern DISPATCHER_READY = Pattern.compile("^redis2http started");
    private static final String FRONT = "io.thr.demo.Main";
    private static final String DISPATCHER = "io.thr.dispatcher.Main";

    private final RedisProcess redis;
    private final ServerProcess front;
    private final List<ServerProcess> dispatchers;

    private ThrProcesses(RedisProcess redis, ServerProcess front, List<ServerProcess> dispatchers) {
        this.redis = redis;
        this.front = front;
        this.dispatchers = dispatchers;
    }

    /** Three limits that count every request, as large as what runs at a time. */
    static final String THREE_LIMITS = """
            limits:
              - { name: hosts, hash: host, value: { glob: "*" }, max: 2000 }
              - { name: methods, hash: method, dynamic: true, max: 2000 }
              - { name: paths, hash: path, dynamic: true, max: 2000 }
            """;

    /**
     * All three, in front of an upstream on the loopback address.
     *
     * @param limits lines for the dispatcher's configuration
     */
    static ThrProcesses start(int upstreamPort, String limits) throws IOException {
        RedisProcess redis = RedisProcess.start();
        try {
            return new ThrProcesses(redis, front(redis), List.of(dispatcher(redis, upstreamPort, limits)));
        } catch (IOException failed) {
            redis.close();
            throw failed;
        }
    }

    /** Redis and front only: every request waits. */
    static ThrProcesses startWithoutDispatcher() throws IOException {
        RedisProcess redis = RedisProcess.start();
        try {
            return new ThrProcesses(redis, front(redis), List.of());
        } catch (IOException failed) {
            redis.close();
            throw failed;
        }
    }

    RedisProcess redis() {
        return redis;
    }

    ServerProcess front() {
        return front;
    }

    Way way(String name, ServerProcess upstream) {
        return new Way(name, front.port(), List.of(front, redis.process(), dispatchers.get(0), upstream));
    }

    @Override
    public void close() {
        dispatchers.forEach(ServerProcess::close);
        front.close();
        redis.close();
    }

    private static ServerProcess front(RedisProcess redis) throws IOException {
        Path config = Files.createTempFile("benchmark-front", ".yaml");
        config.toFile().deleteOnExit();
        // large uploads are measured too
        Files.writeString(config, "max_body: 1024MiB\n");
        return ServerProcess.java(
                "front", FRONT_READY, FRONT, "--config", config.toString(), "--port", "0", "--redis", redis.url());
    }

    private static ServerProcess dispatcher(RedisProcess redis, int upstreamPort, String limits) throws IOException {
        Path config = Files.createTempFile("benchmark-dispatcher", ".yaml");
        config.toFile().deleteOnExit();
        Files.writeString(config, """
                queues:
                  - queue: %s
                    http_host: 127.0.0.1
                    http_port: %d
                    max_concurrent: 2000
                """.formatted(QUEUE, upstreamPort) + limits);
        return ServerProcess.java(
                "dispatcher", DISPATCHER_READY, DISPATCHER, "--config", config.toString(), "--redis", redis.url());
    }
}
