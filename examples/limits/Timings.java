import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts upstream, front and dispatcher, times ten requests at once with each limit, and ends what it started. It needs the
 * jars, and a Redis on port 6379. Run it in the project's directory with: java examples/limits/Timings.java
 */
class Timings {

    private static final String HERE = "examples/limits/";
    private static final String FRONT = "webapp-demo/target/webapp-demo.jar";
    private static final String DISPATCHER = "thr-dispatcher/target/thr-dispatcher.jar";

    /** What the client prints. */
    private static final Pattern TOLD = Pattern.compile("10 responses in (\\S+) s, at most (\\d+) at once");

    private static final Deque<Process> started = new ArrayDeque<>();

    public static void main(String[] args) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(Timings::endAll));

        start("Serving on", HERE + "Upstream.java");
        start("Start http2redis", "-jar", FRONT, "--config", HERE + "front.yaml", "--port", "8888");
        System.out.println("limit    ten requests with   seconds   at once");

        start("redis2http started", "-jar", DISPATCHER, "--config", HERE + "fixed.yaml");
        time("fixed", "Foo: baz", "baz");
        time("fixed", "Foo: bar", "bar");
        end(started.pop());

        start("redis2http started", "-jar", DISPATCHER, "--config", HERE + "dynamic.yaml");
        time("dynamic", "ten values");
        time("dynamic", "Foo: baz", "baz");
    }

    private static void time(String limit, String requests, String... value) throws IOException {
        List<String> command = new ArrayList<>(List.of(HERE + "Client.java"));
        command.addAll(List.of(value));
        String printed = new String(
                java(command).start().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher told = TOLD.matcher(printed);
        if (!told.find()) {
            throw new IllegalStateException("the client said: " + printed);
        }
        System.out.printf("%-8s %-19s %7s %9s%n", limit, requests, told.group(1), told.group(2));
    }

    /** Starts a program and returns when it has printed that. */
    private static void start(String ready, String... arguments) throws IOException, InterruptedException {
        Path printed = Files.createTempFile("timings", ".txt");
        printed.toFile().deleteOnExit();
        Process process = java(List.of(arguments)).redirectOutput(printed.toFile()).start();
        started.push(process);
        while (!Files.readString(printed).contains(ready)) {
            if (!process.isAlive()) {
                throw new IllegalStateException(String.join(" ", arguments) + " ended: " + Files.readString(printed));
            }
            Thread.sleep(50);
        }
    }

    private static ProcessBuilder java(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectErrorStream(true);
    }

    private static void endAll() {
        started.forEach(Timings::end);
    }

    private static void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }
}
