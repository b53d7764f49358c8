package io.thr.core.redis;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;

/**
 * A Redis of our own for trying things out: a child process on a free port of loopback, without persistence, ended by
 * {@link #close} or with the JVM. What it holds ends with it.
 *
 * <p>Needs the optional dependency {@code com.github.codemonstur:embedded-redis}, which carries the executables.
 */
public final class EmbeddedRedis implements AutoCloseable {

    private static final int ATTEMPTS = 3;

    private final RedisProcess process;
    private final RedisUrl url;

    private EmbeddedRedis(RedisProcess process, RedisUrl url) {
        this.process = process;
        this.url = url;
    }

    /**
     * Starts one.
     *
     * @throws RedisUnavailableException where it cannot be started here, with the way out
     */
    public static EmbeddedRedis start() {
        IOException failure = null;
        // a port that was free may be taken by the time the server binds it
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int port = RedisProcess.freePort();
            try {
                return new EmbeddedRedis(
                        RedisProcess.start(executable(), port, List.of()), RedisUrl.of("127.0.0.1", port));
            } catch (IOException e) {
                failure = e;
            } catch (LinkageError e) {
                throw new RedisUnavailableException(
                        "redis: embedded (expected: embedded-redis on the class path; add"
                                + " com.github.codemonstur:embedded-redis, or give the URL of a server: "
                                + "redis://127.0.0.1:6379)",
                        false,
                        e);
            } catch (RuntimeException e) {
                // thrown by the library where it has no executable for this system
                throw unusable(e);
            }
        }
        throw unusable(failure);
    }

    private static RedisUnavailableException unusable(@Nullable Exception cause) {
        String why = cause == null ? "unknown" : String.valueOf(cause.getMessage());
        return new RedisUnavailableException(
                "redis: embedded does not start on this system: " + why
                        + " (install a Redis >= 6.2 and give its URL: redis://127.0.0.1:6379)",
                false,
                cause);
    }

    /** The executable for this system, written once to a file that lasts as long as the JVM. */
    static Path executable() throws IOException {
        return Executable.path();
    }

    /** Where it is. */
    public RedisUrl url() {
        return url;
    }

    /** Ends the server; repeated calls do nothing. */
    @Override
    public void close() {
        process.close();
    }

    /** Keeps the library's classes out of this one, which must load without them. */
    private static final class Executable {

        private static @Nullable Path file;

        private Executable() {}

        static synchronized Path path() throws IOException {
            Path known = file;
            if (known != null && Files.isExecutable(known)) {
                return known;
            }
            File directory = Files.createTempDirectory("thr-redis-bin-").toFile();
            directory.deleteOnExit();
            // copies the executable there, and has it deleted when the JVM ends
            Path written =
                    ExecutableProvider.newJarResourceProvider(directory).get().toPath();
            file = written;
            return written;
        }
    }
}
