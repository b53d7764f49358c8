package io.thr.demo.e2e;

import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Fronts and dispatchers as processes of their own, which let one request of each path run at a time. */
final class StreamPrograms implements AutoCloseable {

    private final Path directory;
    private final RedisServer redis;
    private final List<Program> started = new ArrayList<>();

    StreamPrograms(Path directory, RedisServer redis) {
        this.directory = directory;
        this.redis = redis;
    }

    /** A front on that port. */
    Program front(int port) throws IOException, InterruptedException {
        Path file = Files.writeString(
                directory.resolve("front.yaml"),
                "redis: %s\ndefault_queue: thr:queue:default\ntimeout: 60s\n".formatted(redis.url()));
        return started(Program.start(
                "io.thr.demo.Main", "Start http2redis", "--config", file.toString(), "--port", Integer.toString(port)));
    }

    /** A dispatcher before that upstream. */
    Program dispatcher(int upstreamPort) throws IOException, InterruptedException {
        Path file = Files.writeString(directory.resolve("dispatcher.yaml"), """
                redis: %s
                stats_frequency_ms: 0
                timeout: 60s
                limits:
                  - { name: path, hash: path, dynamic: true, max: 1 }
                queues:
                  - { queue: thr:queue:default, http_host: 127.0.0.1, http_port: %d }
                """.formatted(redis.url(), upstreamPort));
        return started(Program.start("io.thr.dispatcher.Main", "redis2http started", "--config", file.toString()));
    }

    private Program started(Program program) {
        started.add(program);
        return program;
    }

    /** How many requests wait or run, as Redis knows. */
    static int tickets(RedisState state) {
        return Integer.parseInt(String.valueOf(state.command("HLEN", "thr:{thr}:tickets")));
    }

    @Override
    public void close() {
        started.forEach(Program::close);
    }
}
