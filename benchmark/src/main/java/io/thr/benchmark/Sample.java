package io.thr.benchmark;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One measurement of one way at one number of connections.
 *
 * @param cpuMicros CPU time per request of each process, the client first
 */
record Sample(HttpLoad.Outcome outcome, Map<String, Double> cpuMicros) {

    private static final String CLIENT = "client";
    private static final Duration LEAD_IN = Duration.ofMillis(500);

    static Sample take(Way way, int connections, Duration duration) throws IOException {
        return take(way, connections, duration, HttpLoad.Traffic.PLAIN);
    }

    static Sample take(Way way, int connections, Duration duration, HttpLoad.Traffic traffic) throws IOException {
        try (HttpLoad load = HttpLoad.connect(way.address(), connections, traffic)) {
            load.run(LEAD_IN);
            Map<String, Duration> before = cpu(way.processes());
            HttpLoad.Outcome outcome = load.run(duration);
            Map<String, Double> spent = new LinkedHashMap<>();
            cpu(way.processes())
                    .forEach((name, after) -> spent.put(
                            name, micros(after.minus(before.getOrDefault(name, Duration.ZERO))) / outcome.requests()));
            return new Sample(outcome, spent);
        }
    }

    /** What each process has used of the processor by now, the client first. */
    static Map<String, Duration> cpu(List<ServerProcess> processes) {
        Map<String, Duration> cpu = new LinkedHashMap<>();
        cpu.put(CLIENT, ServerProcess.cpu(ProcessHandle.current()));
        processes.forEach(process -> cpu.put(process.name(), process.cpu()));
        return cpu;
    }

    private static double micros(Duration duration) {
        return duration.toNanos() / 1e3;
    }
}
