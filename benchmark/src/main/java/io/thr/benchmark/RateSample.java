package io.thr.benchmark;

import io.thr.benchmark.rate.Contender;
import io.thr.benchmark.rate.Decider;
import io.thr.benchmark.rate.Load;
import io.thr.benchmark.rate.Workload;
import java.time.Duration;

/**
 * One measurement of one contender by so many callers, on a Redis that was empty before.
 *
 * @param commands how many commands Redis ran for each decision, those in scripts too
 * @param redisMicros CPU time of Redis for each decision
 * @param jvmMicros CPU time of this process for each decision: the contender's, and the callers' own
 */
record RateSample(Load.Outcome outcome, double commands, double redisMicros, double jvmMicros) {

    private static final Duration LEAD_IN = Duration.ofMillis(500);

    static RateSample take(RedisProcess redis, Contender contender, int keys, int callers, Duration duration)
            throws Exception {
        redis.flush();
        Workload workload = Workload.of(redis.url(), keys);
        try (Decider decider = contender.open(workload)) {
            Load load = new Load(decider, workload, callers);
            load.run(LEAD_IN);
            long commands = redis.commands();
            double redisCpu = redis.cpuSeconds();
            Duration cpu = ServerProcess.cpu(ProcessHandle.current());
            Load.Outcome outcome = load.run(duration);
            return new RateSample(
                    outcome,
                    (double) (redis.commands() - commands) / outcome.decisions(),
                    (redis.cpuSeconds() - redisCpu) * 1e6 / outcome.decisions(),
                    ServerProcess.cpu(ProcessHandle.current()).minus(cpu).toNanos() / 1e3 / outcome.decisions());
        }
    }

    double decisionsPerSecond() {
        return outcome.decisionsPerSecond();
    }

    double p50Millis() {
        return outcome.p50().toNanos() / 1e6;
    }

    double p99Millis() {
        return outcome.p99().toNanos() / 1e6;
    }
}
