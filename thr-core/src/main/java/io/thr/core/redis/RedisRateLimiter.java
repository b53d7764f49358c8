package io.thr.core.redis;

import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RateLimiter;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Decides rate policies for all nodes of a bus, in Redis: all charges of a request in one step, by the server's clock, one round
 * trip. Threads may share it.
 *
 * <ul>
 *   <li>Decisions that wait together go as one call, those for the same as one decision ({@link RateBatcher}).
 *   <li>A key that is over its limit costs Redis nothing until there is room ({@link RateDenials}).
 *   <li>A node may charge in advance where a policy allows it ({@link RateLeases}).
 *   <li>The steps are functions of the server where it has them, else scripts ({@link RateFunctions}).
 *   <li>A server that does not answer costs the first request the time-out, and the next ones nothing: they fail at once until
 *       it answers again ({@link RateBreaker}). What then becomes of requests is their owner's decision. What Redis has decided
 *       and could not tell is charged; a server that comes back without its data begins anew. So counts may be wrong for as
 *       long as a window, and nobody is shut out.
 * </ul>
 */
public final class RedisRateLimiter implements RateLimiter, AutoCloseable {

    /** How long a decision may take where nothing else is said; noticing that it took longer takes some milliseconds more. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofMillis(45);

    private static final long SWEEP_MILLIS = 250;
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private final Redis redis;
    private final RedisKeys names;
    private volatile long longestDelayMillis;
    private final Duration timeout;
    private final OwnThreads threads = new OwnThreads("thr-rate-timer");
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, threads);
    private final RateFunctions functions;
    private final RateDenials denials = new RateDenials();
    private final RateLeases leases = new RateLeases(this::giveBack);
    private final RateBreaker breaker;
    private final RateBatcher batcher;

    private RedisRateLimiter(Redis redis, RedisKeys names, Duration longestDelay, Duration timeout) {
        this.redis = redis;
        this.names = names;
        this.longestDelayMillis = longestDelay.toMillis();
        this.timeout = timeout;
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        timer.setRemoveOnCancelPolicy(true);
        functions = new RateFunctions(redis);
        breaker = new RateBreaker(redis, functions, timer);
        batcher = new RateBatcher(
                redis, names, functions, denials, leases, breaker, timer, timeout.toMillis(), () -> longestDelayMillis);
        functions.register().join();
        warmUp();
        var unused = timer.scheduleWithFixedDelay(leases::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Goes the whole way once, at no cost to anybody: a server that has to be sent the script first, and classes that have to be
     * loaded, would use up the time that the first request has.
     */
    private void warmUp() {
        RatePolicy policy = RatePolicy.named("warm-up", RateAlgorithm.FIXED_WINDOW, 1, Duration.ofSeconds(1))
                .build();
        List<RateCharge> free = List.of(new RateCharge(policy, "warm-up", 0));
        peek(free).handle((states, failure) -> null).join();
        batcher.decide(free).handle((decision, failure) -> null).join();
    }

    /**
     * Connects, for policies of which none delays, with {@link #DEFAULT_TIMEOUT}.
     *
     * @param clientName how CLIENT LIST shows the connections
     * @throws RedisUnavailableException where there is no usable server
     */
    public static RedisRateLimiter connect(RedisUrl url, RedisKeys keys, String clientName) {
        return connect(url, keys, clientName, Duration.ZERO, DEFAULT_TIMEOUT);
    }

    /**
     * Connects.
     *
     * @param clientName how CLIENT LIST shows the connections
     * @param longestDelay that any of the policies may cause, the same on all nodes: what lies farther in the future comes from
     *     a clock that was set back
     * @param timeout how long a decision may take before it fails; at least 1 ms
     * @throws RedisUnavailableException where there is no usable server
     */
    public static RedisRateLimiter connect(
            RedisUrl url, RedisKeys keys, String clientName, Duration longestDelay, Duration timeout) {
        Redis redis = Redis.connect(url, clientName, limits(timeout));
        try {
            return new RedisRateLimiter(redis, keys, longestDelay, timeout);
        } catch (RuntimeException e) {
            redis.close();
            throw e;
        }
    }

    /** Short: a decision is worth nothing later, and the way back must not be long. */
    private static LaneLimits limits(Duration timeout) {
        Duration silence = Duration.ofMillis(500);
        return new LaneLimits(
                silence,
                timeout.compareTo(silence) > 0 ? timeout : silence,
                timeout,
                Duration.ofMillis(25),
                Duration.ofMillis(200),
                100_000,
                64L << 20,
                256,
                1 << 20);
    }

    /** Policies that came later may delay for that long. Where those before may delay for longer, nothing changes. */
    public synchronized void mayDelayFor(Duration longestDelay) {
        longestDelayMillis = Math.max(longestDelayMillis, longestDelay.toMillis());
    }

    /** The quotas that are set on the bus; to be closed before this. */
    public LiveRateQuotas quotas() {
        return new LiveRateQuotas(redis, names, breaker, timeout.toMillis());
    }

    /** Counts this node among those that decide; to be closed before this. */
    public RateNodes join(String node) {
        return new RateNodes(redis, names, node);
    }

    @Override
    public CompletableFuture<RateDecision> decide(List<RateCharge> charges) {
        RateDecision leased = leases.take(charges);
        if (leased != null) {
            return CompletableFuture.completedFuture(leased);
        }
        List<RateState> refusing = denials.of(charges);
        if (!refusing.isEmpty()) {
            return CompletableFuture.completedFuture(new RateDecision.Refused(refusing));
        }
        RedisUnavailableException away = breaker.reason();
        return away == null ? batcher.decide(charges) : CompletableFuture.failedFuture(away);
    }

    @Override
    public CompletableFuture<List<RateState>> peek(List<RateCharge> charges) {
        RedisUnavailableException away = breaker.reason();
        if (away != null) {
            return CompletableFuture.failedFuture(away);
        }
        RateCall call = new RateCall(names);
        call.add(new RateCall.Asked(charges, 0));
        return redis.call(
                functions.decide(),
                call.keys(),
                call.arguments("", longestDelayMillis),
                Patience.SHORT,
                reply -> call.answers(reply).get(0).states());
    }

    @Override
    public CompletableFuture<Void> settle(RateCharge charge, RateState state, long cost) {
        if (cost == charge.cost()) {
            return CompletableFuture.completedFuture(null);
        }
        return settle(charge.policy(), charge.key(), charge.cost(), cost, state.countsUntil());
    }

    private CompletableFuture<Void> settle(RatePolicy policy, String key, long charged, long cost, long countsUntil) {
        List<Object> keys = new ArrayList<>(3);
        RateCall.addKeys(keys, names, policy);
        keys.add(names.rate(key));
        List<Object> arguments = new ArrayList<>(15);
        arguments.addAll(List.of("", longestDelayMillis * 1000, 1));
        RateCall.addArguments(arguments, policy);
        arguments.addAll(List.of(charged, cost, countsUntil));
        return redis.call(functions.settle(), keys, arguments, Patience.SHORT, reply -> null);
    }

    private CompletableFuture<Void> giveBack(List<RateCharge> charges, RateLeases.Lease lease) {
        int units = lease.takeAll();
        if (units == 0 || breaker.reason() != null) {
            return CompletableFuture.completedFuture(null);
        }
        List<CompletableFuture<Void>> given = new ArrayList<>(charges.size());
        for (int i = 0; i < charges.size(); i++) {
            RateCharge charge = charges.get(i);
            long countsUntil = lease.states().get(i).countsUntil();
            given.add(settle(charge.policy(), charge.key(), units * charge.cost(), 0, countsUntil));
        }
        // what cannot be given back is lost to others until it expires
        return CompletableFuture.allOf(given.toArray(CompletableFuture<?>[]::new))
                .exceptionally(failure -> null);
    }

    /** Gives back what has been charged in advance, and ends the connections; what waits fails. Waits a second at most. */
    @Override
    public void close() {
        TimeLimit.await(leases.close(), CLOSING.toMillis());
        threads.end(timer);
        redis.close();
    }
}
