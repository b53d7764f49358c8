package io.thr.benchmark;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import redis.embedded.core.ExecutableProvider;

/** The Redis of the measured way: {@code redis-server} of the PATH, else the one embedded-redis brings. */
final class RedisProcess implements AutoCloseable {

    private static final Pattern READY = Pattern.compile("Ready to accept connections");

    private static final Pattern ABOUT_ITSELF = Pattern.compile("^cmdstat_(info|quit|config)\\b");

    private final ServerProcess process;
    private final int port;
    private final String version;

    private RedisProcess(ServerProcess process, int port, String version) {
        this.process = process;
        this.port = port;
        this.version = version;
    }

    static RedisProcess start() throws IOException {
        String executable = executable().toString();
        int port = freePort();
        List<String> command = List.of(
                executable, "--port", String.valueOf(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no");
        return new RedisProcess(ServerProcess.start("redis", READY, command), port, versionOf(executable));
    }

    ServerProcess process() {
        return process;
    }

    /** What the executable says of itself, e.g. {@code Redis server v=7.0.15 …}. */
    String version() {
        return version;
    }

    String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** How many messages wait in a list. */
    long length(String list) throws IOException {
        return ask("LLEN " + list);
    }

    /** How many bytes the oldest message of a list has; the list has to have one. */
    long sizeOfOldest(String list) throws IOException {
        return ask("LINDEX " + list + " -1");
    }

    /** Empties it. */
    void flush() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("FLUSHALL\r\n".getBytes(StandardCharsets.US_ASCII));
            if (socket.getInputStream().read() != '+') {
                throw new IOException("FLUSHALL was refused");
            }
        }
    }

    /** What it has used of the processor by now, of all its threads, seconds. */
    double cpuSeconds() throws IOException {
        return info("cpu").entrySet().stream()
                .filter(line ->
                        line.getKey().equals("used_cpu_sys") || line.getKey().equals("used_cpu_user"))
                .mapToDouble(line -> Double.parseDouble(line.getValue()))
                .sum();
    }

    /** How many commands it has run by now, those in scripts and transactions too; not those that only ask about itself. */
    long commands() throws IOException {
        return info("commandstats").entrySet().stream()
                .filter(line -> !ABOUT_ITSELF.matcher(line.getKey()).find())
                .mapToLong(line -> calls(line.getValue()))
                .sum();
    }

    /** Of {@code calls=1,usec=2,…}. */
    private static long calls(String statistics) {
        return Long.parseLong(statistics.substring("calls=".length(), statistics.indexOf(',')));
    }

    /** The lines {@code name:value} of that section. */
    private Map<String, String> info(String section) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(("INFO " + section + "\r\nQUIT\r\n").getBytes(StandardCharsets.US_ASCII));
            String reply = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return reply.lines()
                    .filter(line -> line.indexOf(':') > 0)
                    .collect(Collectors.toMap(
                            line -> line.substring(0, line.indexOf(':')),
                            line -> line.substring(line.indexOf(':') + 1)));
        }
    }

    /** The number in the first line of the reply: an integer, or the length of a string. */
    private long ask(String inlineCommand) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                BufferedReader reply =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
            socket.getOutputStream().write((inlineCommand + "\r\n").getBytes(StandardCharsets.US_ASCII));
            String line = reply.readLine();
            if (line == null || !(line.startsWith(":") || line.startsWith("$"))) {
                throw new IOException(inlineCommand + ": " + line + " (expected: a number)");
            }
            return Long.parseLong(line.substring(1));
        }
    }

    @Override
    public void close() {
        process.close();
    }

    private static Path executable() throws IOException {
        try (Stream<String> folders = Pattern.compile(File.pathSeparator).splitAsStream(System.getenv("PATH"))) {
            return folders.map(folder -> Path.of(folder, "redis-server"))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElse(ExecutableProvider.newJarResourceProvider().get().toPath());
        }
    }

    private static String versionOf(String executable) throws IOException {
        Process asked = new ProcessBuilder(executable, "--version").start();
        return new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
