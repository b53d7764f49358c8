package io.thr.core.redis;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real Redis for tests, on a free port of loopback and without persistence.
 *
 * <p>As an extension it starts before the first test of a class, is started again and emptied before each, and stops
 * after the last:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final RedisServer redis = RedisServer.embedded();
 * }</pre>
 *
 * <p>As a plain object: {@code try (RedisServer redis = RedisServer.embedded().start()) {…}}. One thread at a time.
 */
public final class RedisServer implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback, AutoCloseable {

    private final Path executable;
    private final List<String> settings = new ArrayList<>();
    private final int port = RedisProcess.freePort();
    private boolean emptiedForEach = true;
    private @Nullable RedisProcess process;

    private RedisServer(Path executable) {
        this.executable = executable;
    }

    /** The Redis 6.2 that every build has. */
    public static RedisServer embedded() {
        try {
            return new RedisServer(EmbeddedRedis.executable());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The {@code redis-server} of the PATH, where there is one: of Debian 12, a Redis 7 with TLS. */
    public static Optional<RedisServer> installed() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .map(directory -> Path.of(directory, "redis-server"))
                .filter(Files::isExecutable)
                .findFirst()
                .map(RedisServer::new);
    }

    /**
     * Each Redis that there is, for a class that runs on all of them:
     * {@code @MethodSource("io.thr.core.redis.RedisServer#each")}.
     */
    public static Stream<Named<RedisServer>> each() {
        return Stream.concat(
                Stream.of(Named.of("Redis 6.2", embedded())),
                installed().stream().map(server -> Named.of("redis-server of the PATH", server)));
    }

    /** The last of {@link #each}: what the server's version makes no difference to need not run on all. */
    public static Stream<Named<RedisServer>> newest() {
        List<Named<RedisServer>> all = each().toList();
        return Stream.of(all.get(all.size() - 1));
    }

    /** Further settings, as on the server's command line: {@code --name}, value, … For the next start. */
    public RedisServer with(String... more) {
        settings.addAll(List.of(more));
        return this;
    }

    /**
     * Tests of a class find what the one before has left, so that a dispatcher that they share keeps its lease: it takes half
     * a second to find that it has none.
     */
    public RedisServer notEmptied() {
        emptiedForEach = false;
        return this;
    }

    /** Starts it on its port, the same each time, empty; does nothing where it runs. */
    public RedisServer start() {
        if (process == null) {
            try {
                process = RedisProcess.start(executable, port, settings);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return this;
    }

    /** Ends it in order, which loses what it holds; does nothing where it does not run. */
    public void stop() {
        RedisProcess running = process;
        if (running != null) {
            process = null;
            running.close();
        }
    }

    /** Ends it as {@code kill -9} does. */
    public void kill() {
        RedisProcess running = process;
        if (running != null) {
            process = null;
            running.kill();
        }
    }

    /** Its process id; it must run. */
    public long pid() {
        RedisProcess running = process;
        if (running == null) {
            throw new IllegalStateException("redis on port " + port + " does not run");
        }
        return running.pid();
    }

    /** Its port on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** Its URL, without user and database. */
    public RedisUrl url() {
        return RedisUrl.of("127.0.0.1", port);
    }

    /** A look into it. */
    public RedisState state() {
        return new RedisState(url());
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        start();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        start();
        if (emptiedForEach) {
            try (RedisState state = state()) {
                state.flush();
            }
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        stop();
    }

    @Override
    public void close() {
        stop();
    }
}
