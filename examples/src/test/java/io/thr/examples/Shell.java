package io.thr.examples;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** Runs commands as a reader would, in a directory; ends those that still run when it is closed, the last first. */
final class Shell implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final Path directory;
    private final Deque<Process> running = new ArrayDeque<>();

    Shell(Path directory) {
        this.directory = directory;
    }

    /** Starts a command and returns when it has printed these lines. */
    void start(String command, String output) throws IOException {
        Path printed = Files.createTempFile(directory, "output", ".txt");
        Process process =
                process("exec " + command).redirectOutput(printed.toFile()).start();
        running.push(process);
        await().atMost(LIMIT)
                .failFast(command + " ended", () -> !process.isAlive())
                .until(() -> Files.readString(printed).contains(output));
    }

    /** Ends the command that was started last, and starts this one instead. */
    void restart(String command, String output) throws IOException, InterruptedException {
        end(running.pop());
        start(command, output);
    }

    /** Runs a command to its end and returns what it printed. */
    String run(String command) throws IOException, InterruptedException {
        Path printed = Files.createTempFile(directory, "output", ".txt");
        Process process = process(command).redirectOutput(printed.toFile()).start();
        running.push(process);
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException(command + " still runs after " + LIMIT);
        }
        running.pop();
        return Files.readString(printed);
    }

    private ProcessBuilder process(String command) {
        return new ProcessBuilder("bash", "-c", command)
                .directory(directory.toFile())
                .redirectErrorStream(true);
    }

    @Override
    public void close() throws InterruptedException {
        while (!running.isEmpty()) {
            end(running.pop());
        }
    }

    private static void end(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
