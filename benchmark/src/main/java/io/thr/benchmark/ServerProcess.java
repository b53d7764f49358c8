package io.thr.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One server under measurement, as a process of its own. Ends with this program at the latest. Threads may share it. */
final class ServerProcess implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
    private static final int KEPT_LINES = 50;

    private final String name;
    private final Process process;
    private final Thread killer;
    private final Deque<String> lastLines = new ArrayDeque<>();
    private final CompletableFuture<Matcher> ready = new CompletableFuture<>();

    private ServerProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        this.killer = new Thread(process::destroyForcibly, "kill-" + name);
    }

    /**
     * Starts a main class of this program's own class path in a new JVM.
     *
     * @param ready what the process prints when it serves
     */
    static ServerProcess java(String name, Pattern ready, String mainClass, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass));
        command.addAll(List.of(args));
        return start(name, ready, command);
    }

    /** Starts a command and waits until it prints a line in which {@code ready} is found. */
    static ServerProcess start(String name, Pattern ready, List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        ServerProcess server = new ServerProcess(name, process);
        Runtime.getRuntime().addShutdownHook(server.killer);
        Thread reader = new Thread(() -> server.read(ready), "output-of-" + name);
        reader.setDaemon(true);
        reader.start();
        try {
            server.ready.get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failed) {
            server.close();
            throw new IOException(name + " did not start: " + command + "\n" + server.output(), failed);
        } catch (InterruptedException interrupted) {
            server.close();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + name + " started", interrupted);
        }
        return server;
    }

    String name() {
        return name;
    }

    long pid() {
        return process.pid();
    }

    /** The number in the first group of the line that told it was ready. */
    int port() {
        return Integer.parseInt(ready.join().group(1));
    }

    /** The CPU time it has used up to now, user and system. */
    Duration cpu() {
        return cpu(process.toHandle());
    }

    /** The CPU time a process has used up to now, as the operating system tells it (Linux: in steps of 10 ms). */
    static Duration cpu(ProcessHandle handle) {
        return handle.info()
                .totalCpuDuration()
                .orElseThrow(() -> new IllegalStateException("no CPU time for process " + handle.pid()));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(killer);
    }

    private void read(Pattern readyLine) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                keep(line);
                Matcher matcher = readyLine.matcher(line);
                if (matcher.find()) {
                    ready.complete(matcher);
                }
            }
            ready.completeExceptionally(new IOException(name + " ended"));
        } catch (IOException closed) {
            ready.completeExceptionally(new UncheckedIOException(closed));
        }
    }

    private synchronized void keep(String line) {
        lastLines.addLast(line);
        if (lastLines.size() > KEPT_LINES) {
            lastLines.removeFirst();
        }
    }

    private synchronized String output() {
        return String.join("\n", lastLines);
    }
}
