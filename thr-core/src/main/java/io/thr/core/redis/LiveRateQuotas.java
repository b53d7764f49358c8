package io.thr.core.redis;

import io.thr.core.log.StormLog;
import io.thr.core.rate.RateQuota;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The quotas that have been set on the bus, for a policy or for one of its keys, instead of the configured ones: fields of one
 * hash, which may be millions. Whoever sets one, by {@link #set} or by {@code HSET thr:{<bus>}:rate-quotas ping:gold 500}, is
 * heard by every node within a second.
 *
 * <p>A node keeps what it has asked for. What has been used of late is asked for again twice a second, all together, so that a
 * request waits for an answer only when its key has not been seen for a second. Threads may share it.
 */
public final class LiveRateQuotas implements AutoCloseable {

    private static final Logger LOG = System.getLogger(LiveRateQuotas.class.getName());
    private static final long REFRESH_MILLIS = 400;
    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(900);
    private static final long FORGOTTEN_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int PAGE = 500;
    private static final int MAX_KNOWN = 100_000;

    private final Redis redis;
    private final RateBreaker breaker;
    private final String hash;
    private final long patienceMillis;
    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private final StormLog badlyWritten = StormLog.onceAMinute(LOG);
    private final StormLog refused = StormLog.onceAMinute(LOG);
    private final OwnThreads threads = new OwnThreads("thr-rate-quotas");
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, threads);

    /** A field that has been asked for. */
    private static final class Known {

        private volatile Said said;

        /** Whether a request has wanted it since it was asked for again. */
        private volatile boolean used = true;

        Known(Said said) {
            this.said = said;
        }
    }

    /** What the hash said of a field. */
    private record Said(@Nullable RateQuota quota, long atNanos) {}

    LiveRateQuotas(Redis redis, RedisKeys keys, RateBreaker breaker, long patienceMillis) {
        this.redis = redis;
        this.breaker = breaker;
        this.hash = keys.rateQuotas();
        this.patienceMillis = patienceMillis;
        var unused = timer.scheduleWithFixedDelay(this::refresh, REFRESH_MILLIS, REFRESH_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The field of a policy as a whole. */
    public static String field(String policy) {
        return policy;
    }

    /** The field of a key of a policy, by its {@linkplain io.thr.core.rate.RateKeys#text text}. */
    public static String field(String policy, String keyText) {
        return policy + ":" + keyText;
    }

    /** Sets a quota, on all nodes within a second. */
    public CompletableFuture<Void> set(String field, RateQuota quota) {
        return redis.call(Command.of("HSET", hash, field, quota.toString()), Patience.SHORT, reply -> null);
    }

    /** Lets the configured one be in force again. */
    public CompletableFuture<Void> remove(String field) {
        return redis.call(Command.of("HDEL", hash, field), Patience.SHORT, reply -> null);
    }

    /**
     * What has been set for these fields, and nothing for the others.
     *
     * @return complete already where all are known; where the server does not answer, with what was known last
     */
    public CompletableFuture<Map<String, RateQuota>> of(List<String> fields) {
        long now = System.nanoTime();
        List<String> missing = new ArrayList<>();
        for (String field : fields) {
            Known one = known.get(field);
            if (one != null) {
                one.used = true;
            }
            if (one == null || now - one.said.atNanos() > FRESH_NANOS) {
                missing.add(field);
            }
        }
        if (missing.isEmpty() || breaker.reason() != null) {
            return CompletableFuture.completedFuture(found(fields));
        }
        return TimeLimit.on(ask(missing), patienceMillis, redis.timer()).handle((done, failure) -> {
            if (failure instanceof TimeoutException) {
                // who decides by these quotas must not wait once more
                breaker.open(new RedisUnavailableException(
                        redis.url() + ": HMGET " + hash + ": no answer within " + patienceMillis + " ms",
                        false,
                        failure));
            }
            return found(fields);
        });
    }

    private Map<String, RateQuota> found(List<String> fields) {
        Map<String, RateQuota> found = Map.of();
        for (String field : fields) {
            Known one = known.get(field);
            RateQuota quota = one == null ? null : one.said.quota();
            if (quota != null) {
                found = found.isEmpty() ? new LinkedHashMap<>() : found;
                found.put(field, quota);
            }
        }
        return found;
    }

    private CompletableFuture<Void> ask(List<String> fields) {
        List<Object> parts = new ArrayList<>(fields.size() + 2);
        parts.add("HMGET");
        parts.add(hash);
        parts.addAll(fields);
        CompletableFuture<Void> asked = redis.call(Command.of(parts.toArray()), Patience.SHORT, reply -> {
            List<?> values = ScheduleReply.list(reply);
            long now = System.nanoTime();
            for (int i = 0; i < fields.size(); i++) {
                String field = fields.get(i);
                Said said = new Said(read(field, values.get(i)).orElse(null), now);
                Known one = known.get(field);
                if (one != null) {
                    one.said = said;
                } else if (known.size() < MAX_KNOWN) {
                    known.put(field, new Known(said));
                }
            }
            return null;
        });
        return asked.whenComplete((done, failure) -> {
            if (failure instanceof RedisException) {
                refused.log(
                        Level.WARNING,
                        "quotas cannot be read, so those of the configuration are in force: {0}",
                        failure.getMessage());
            }
        });
    }

    private Optional<RateQuota> read(String field, @Nullable Object value) {
        if (value == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(RateQuota.parse(ClaimTaker.text(value)));
        } catch (IllegalArgumentException e) {
            badlyWritten.log(
                    Level.WARNING, "{0} {1}: {2}, so the configured one is in force", hash, field, e.getMessage());
            return Optional.empty();
        }
    }

    private void refresh() {
        long now = System.nanoTime();
        List<String> wanted = new ArrayList<>();
        known.forEach((field, one) -> {
            if (one.used) {
                one.used = false;
                wanted.add(field);
            } else if (now - one.said.atNanos() > FORGOTTEN_NANOS) {
                known.remove(field, one);
            }
        });
        for (int at = 0; at < wanted.size(); at += PAGE) {
            var unused =
                    ask(wanted.subList(at, Math.min(at + PAGE, wanted.size()))).exceptionally(failure -> null);
        }
    }

    @Override
    public void close() {
        threads.end(timer);
    }
}
