package io.thr.dispatcher;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A dispatcher as a process of its own, on the test's class path. */
final class DispatcherProcess implements AutoCloseable {

    private final Process process;
    private final Path out;
    private final Path err;

    private DispatcherProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Starts one with these arguments; its output goes to files in that directory. */
    static DispatcherProcess start(Path directory, List<String> arguments) throws IOException {
        Path out = Files.createTempFile(directory, "dispatcher", ".out");
        Path err = Files.createTempFile(directory, "dispatcher", ".err");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new DispatcherProcess(process, out, err);
    }

    /** Starts one with that configuration and waits until it takes requests. */
    static DispatcherProcess serving(Path directory, String yaml) throws IOException {
        Path config = Files.createTempFile(directory, "dispatcher", ".yaml");
        Files.writeString(config, yaml);
        DispatcherProcess dispatcher =
                start(directory, List.of("--config", config.toString(), "--stats-frequency-ms", "0"));
        dispatcher.awaitStarted();
        return dispatcher;
    }

    void awaitStarted() {
        await().atMost(Duration.ofSeconds(20)).until(() -> out().contains("redis2http started\n") || !isAlive());
        if (!isAlive()) {
            throw new AssertionError("the dispatcher has ended: " + out() + err());
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** {@code kill -9}. */
    void kill() {
        process.destroyForcibly();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** Sends it that signal. */
    void signal(String name) throws IOException, InterruptedException {
        int status = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new AssertionError("kill -" + name + " gave " + status);
        }
    }

    /** Its exit status, when it has ended. */
    int status() throws InterruptedException {
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("the dispatcher does not end: " + out() + err());
        }
        return process.exitValue();
    }

    String out() {
        return read(out);
    }

    String err() {
        return read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        kill();
        status();
    }
}
