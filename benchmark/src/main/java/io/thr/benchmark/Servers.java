package io.thr.benchmark;

import io.thr.benchmark.server.EventUpstream;
import io.thr.benchmark.server.HelloUpstream;
import io.thr.benchmark.server.JettyProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All servers of the measured ways. One upstream serves every way. */
final class Servers implements AutoCloseable {

    /** What the servers of this module print when they serve. */
    static final Pattern READY = Pattern.compile("^ready on port (\\d+)$");

    private final Deque<Runnable> ends = new ArrayDeque<>();
    private final List<Way> ways = new ArrayList<>();
    private @Nullable String redisVersion;
    private int upstreamPort;

    private Servers() {}

    /** Starts what the named ways need: {@code direct}, {@code proxy}, {@code thr}, {@code limited}. */
    static Servers start(Set<String> names) throws IOException {
        return start(names, HelloUpstream.class);
    }

    /** The same with another upstream: a main class of this module. */
    static Servers start(Set<String> names, Class<?> upstream) throws IOException {
        Servers servers = new Servers();
        try {
            servers.startWays(names, upstream);
            return servers;
        } catch (IOException failed) {
            servers.close();
            throw failed;
        }
    }

    List<Way> ways() {
        return ways;
    }

    /** Where they all lead. */
    InetSocketAddress upstream() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), upstreamPort);
    }

    /** Empty where no way leads through Redis. */
    Optional<String> redisVersion() {
        return Optional.ofNullable(redisVersion);
    }

    private void startWays(Set<String> names, Class<?> mainClass) throws IOException {
        ServerProcess upstream = ServerProcess.java("upstream", READY, mainClass.getName());
        ends.push(upstream::close);
        upstreamPort = upstream.port();
        if (names.contains("direct")) {
            ways.add(new Way("direct", upstream.port(), List.of(upstream)));
        }
        if (names.contains("proxy")) {
            List<String> arguments = new ArrayList<>(List.of("http://127.0.0.1:" + upstream.port()));
            if (mainClass.equals(EventUpstream.class)) {
                arguments.add(JettyProxy.AT_ONCE);
            }
            ServerProcess proxy =
                    ServerProcess.java("proxy", READY, JettyProxy.class.getName(), arguments.toArray(String[]::new));
            ends.push(proxy::close);
            ways.add(new Way("proxy", proxy.port(), List.of(proxy, upstream)));
        }
        if (names.contains("thr")) {
            thr("thr", "", upstream);
        }
        if (names.contains("limited")) {
            thr("limited", ThrProcesses.THREE_LIMITS, upstream);
        }
    }

    private void thr(String name, String limits, ServerProcess upstream) throws IOException {
        ThrProcesses thr = ThrProcesses.start(upstream.port(), limits);
        ends.push(thr::close);
        ways.add(thr.way(name, upstream));
        redisVersion = thr.redis().version();
    }

    /** Ends them in the reverse order of their start. */
    @Override
    public void close() {
        while (!ends.isEmpty()) {
            ends.pop().run();
        }
    }
}
