package io.thr.demo.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A program of ours as a process of its own, on this test's class path. */
final class Program implements AutoCloseable {

    private final Process process;
    private final List<String> output = new CopyOnWriteArrayList<>();
    /** It has said that it is ready, or ended. */
    private final CountDownLatch decided = new CountDownLatch(1);

    private final String mainClass;
    private final String readyLine;
    private volatile boolean ready;

    private Program(Process process, String mainClass, String readyLine) {
        this.process = process;
        this.mainClass = mainClass;
        this.readyLine = readyLine;
        Thread reader = new Thread(this::read, "output-of-" + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** They live for seconds: what they gain by a second compiler and more collectors takes longer to begin with. */
    private static final List<String> SHORT_LIVED = List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    /** Starts a main class and returns when it prints a line that begins so. */
    static Program start(String mainClass, String readyLine, String... arguments)
            throws IOException, InterruptedException {
        return begin(mainClass, readyLine, arguments).awaitReady();
    }

    /** The same, with options for its JVM. */
    static Program start(List<String> options, String mainClass, String readyLine, String... arguments)
            throws IOException, InterruptedException {
        return begin(options, mainClass, readyLine, arguments).awaitReady();
    }

    /** Starts one and waits for nothing, so that others start at the same time. */
    static Program begin(String mainClass, String readyLine, String... arguments) throws IOException {
        return begin(SHORT_LIVED, mainClass, readyLine, arguments);
    }

    private static Program begin(List<String> options, String mainClass, String readyLine, String... arguments)
            throws IOException {
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new Program(process, mainClass, readyLine);
    }

    /** Returns when it has printed its line. */
    Program awaitReady() throws InterruptedException {
        if (!decided.await(60, TimeUnit.SECONDS) || !ready) {
            close();
            throw new IllegalStateException(mainClass + " did not say `" + readyLine + "` but:\n" + output());
        }
        return this;
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.add(line);
                if (line.startsWith(readyLine)) {
                    ready = true;
                    decided.countDown();
                }
            }
        } catch (IOException e) {
            output.add("output ended: " + e.getMessage());
        } finally {
            decided.countDown();
        }
    }

    /** Stands still, as on a suspended machine, until {@link #goOn}. */
    void pause() throws IOException, InterruptedException {
        signal("STOP");
    }

    void goOn() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        int status = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("kill -" + name + " " + process.pid() + ": " + status);
        }
    }

    String output() {
        return String.join("\n", output);
    }

    /** SIGKILL: no handler runs. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM, and the exit status. */
    int terminate() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("still running 60 s after SIGTERM:\n" + output());
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
