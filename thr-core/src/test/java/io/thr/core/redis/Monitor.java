package io.thr.core.redis;

import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What a Redis is asked to do, as its MONITOR tells it. */
final class Monitor implements AutoCloseable {

    private final RedisServer server;
    private final Socket socket;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private int marks;

    /** From now on. */
    Monitor(RedisServer server) {
        this.server = server;
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
            socket.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.US_ASCII));
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            in.readLine();
            Redis.daemon(() -> read(in), "monitor").start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(BufferedReader in) {
        try {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            // closed, or the server has gone
            return;
        }
    }

    /** What clients have asked for since the last time: the name of each command, not those within scripts. */
    List<String> commands() {
        String mark = "mark " + marks++;
        try (RedisState state = server.state()) {
            state.command("ECHO", mark);
        }
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> lines.stream().anyMatch(line -> line.endsWith("\"" + mark + "\"")));
        List<String> commands = lines.stream()
                .filter(line -> !line.contains(" lua] ") && !line.endsWith("\"" + mark + "\""))
                .map(line -> line.replaceAll("^[^\"]*\"([^\"]*)\".*$", "$1").toUpperCase(java.util.Locale.ROOT))
                .toList();
        lines.clear();
        return commands;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
