package io.thr.core.redis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A redis-server as a child process: on loopback alone, without persistence, in a directory that is removed with it.
 *
 * <p>The output is read all the time (a full pipe would stop the server), and its last lines are kept for the message
 * of a start that failed. A JVM that ends in order stops the process by a shutdown hook; one that is killed leaves it.
 */
final class RedisProcess implements AutoCloseable {

    private static final int START_SECONDS = 10;
    private static final int STOP_SECONDS = 5;
    private static final int KEPT_LINES = 20;

    private final Process process;
    private final Path directory;
    private final Thread hook;

    private RedisProcess(Process process, Path directory) {
        this.process = process;
        this.directory = directory;
        this.hook = new Thread(this::end, "thr-redis-stop");
    }

    /** A port that was free a moment ago. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("no free port on loopback", e);
        }
    }

    /**
     * Starts the server and waits until it accepts connections.
     *
     * @param settings further settings as on its command line: {@code --name}, value, …
     * @throws IOException with the server's own last words where it does not start
     */
    static RedisProcess start(Path executable, int port, List<String> settings) throws IOException {
        Path directory = Files.createTempDirectory("thr-redis-");
        List<String> line = new ArrayList<>(List.of(executable.toString(), "--port", Integer.toString(port)));
        line.addAll(List.of("--bind", "127.0.0.1", "--save", "", "--appendonly", "no"));
        line.addAll(List.of("--dir", directory.toString(), "--daemonize", "no"));
        line.addAll(settings);
        Process process;
        try {
            process = new ProcessBuilder(line)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            remove(directory);
            throw e;
        }
        RedisProcess started = new RedisProcess(process, directory);
        Deque<String> lastLines = new ArrayDeque<>();
        if (!started.awaitReady(lastLines)) {
            started.end();
            throw new IOException(executable + " did not start on port " + port + ": " + String.join(" | ", lastLines));
        }
        Runtime.getRuntime().addShutdownHook(started.hook);
        return started;
    }

    private boolean awaitReady(Deque<String> lastLines) {
        CountDownLatch decided = new CountDownLatch(1);
        boolean[] ready = new boolean[1];
        Thread reader = new Thread(() -> drain(lastLines, ready, decided), "thr-redis-output");
        reader.setDaemon(true);
        reader.start();
        try {
            return decided.await(START_SECONDS, TimeUnit.SECONDS) && ready[0];
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void drain(Deque<String> lastLines, boolean[] ready, CountDownLatch decided) {
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line;
            while ((line = output.readLine()) != null) {
                if (decided.getCount() == 0) {
                    continue;
                }
                lastLines.addLast(line.strip());
                if (lastLines.size() > KEPT_LINES) {
                    lastLines.removeFirst();
                }
                if (line.contains("eady to accept connections")) {
                    ready[0] = true;
                    decided.countDown();
                }
            }
        } catch (IOException e) {
            // the process is being ended, and its output with it
            decided.countDown();
        } finally {
            decided.countDown();
        }
    }

    /** Its process id. */
    long pid() {
        return process.pid();
    }

    /** Ends it at once, as {@code kill -9} does. */
    void kill() {
        process.destroyForcibly();
        close();
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is ending, and the hook with it
            return;
        }
    }

    private void end() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(STOP_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        remove(directory);
    }

    private static void remove(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            directory.toFile().deleteOnExit();
        }
    }
}
