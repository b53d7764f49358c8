package io.thr.dispatcher.config;

import io.thr.admin.AdminSettings;
import io.thr.core.limit.FairShare;
import io.thr.core.limit.Limits;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.PriorityOrder;
import io.thr.core.limit.RequestHash;
import io.thr.core.limit.Scheduling;
import io.thr.core.redis.RedisUrl;
import io.thr.core.schedule.LostSlots;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * All that a dispatcher is told:
 *
 * <pre>{@code
 * DispatcherSettings settings = DispatcherSettings.builder()
 *         .queue(QueueSettings.of("thr:queue:hello", "localhost", 9999))
 *         .limit("limit_foo_header", request -> request.headers().first("Foo"), dynamic(), 2)
 *         .fairBy(RequestHash.header("X-Tenant").withDefault("none"))
 *         .build();
 * }</pre>
 *
 * <p>All dispatchers of a bus need the same {@code scheduling}, {@code lostSlots} and {@code maxWaiting}: limits hold over
 * all of them. Values of dynamic limits need no bound of their own: one is counted only while a request with it waits or
 * runs. Where entries of {@code queues} name another Redis, each Redis
 * counts for itself.
 *
 * @param redis where the queues are, unless an entry says otherwise
 * @param bus the name of the bus, the same for all dispatchers and fronts that work together
 * @param timeout how long an upstream may take for its whole response, how long a response waits for its client, and how
 *     long a stopping dispatcher waits for its requests; more than zero
 * @param maxLifetime how old a request may be when it is sent upstream; one that is older is answered with 504; more than
 *     zero
 * @param statsFile the file that shows what is going on; removed at a clean stop
 * @param statsEvery how often the file is written; zero: never
 * @param accessLog where a line is written for each exchange that has ended
 * @param addThrExtraHeaders whether the upstream gets {@code X-Thr-Bus}, the address of the queue's Redis
 * @param maxResponseBody the largest body of a response, in bytes; the client of a larger one gets 502. A dispatcher may
 *     hold that much for each request that runs
 * @param bodyThreshold a response's body above this many bytes is put under a key of its own, where the front is ours
 * @param queues what is served, at least one entry
 * @param scheduling the limits, the fair shares and the order of the requests
 * @param lostSlots what becomes of the slots of a dispatcher that is not heard of
 * @param maxAttempts how often a request is begun where dispatchers are lost, 1 to 100; then its client gets 502
 * @param maxWaiting how many requests wait for a slot on the bus, 1 to 1,000,000; more stay on their queue, unseen by
 *     priorities and fairness
 * @param admin where its state is shown, and changed
 */
public record DispatcherSettings(
        RedisUrl redis,
        String bus,
        Duration timeout,
        Duration maxLifetime,
        Path statsFile,
        Duration statsEvery,
        AccessLogPlace accessLog,
        boolean addThrExtraHeaders,
        int maxResponseBody,
        int bodyThreshold,
        List<QueueSettings> queues,
        Scheduling scheduling,
        LostSlots lostSlots,
        int maxAttempts,
        int maxWaiting,
        AdminSettings admin) {

    /** The URL of a Redis that nobody has named. */
    public static final String DEFAULT_REDIS = "redis://127.0.0.1:6379";

    /** The name of a bus that nobody has named. */
    public static final String DEFAULT_BUS = "thr";

    /** The original's time-out and lifetime. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);

    /** The original's stats file. */
    public static final Path DEFAULT_STATS_FILE = Path.of("/tmp/redis2http_stats.json");

    /** How often the original writes it. */
    public static final Duration DEFAULT_STATS_EVERY = Duration.ofSeconds(2);

    /** 64 MiB. */
    public static final int DEFAULT_MAX_RESPONSE_BODY = 64 * 1024 * 1024;

    /** 64 KiB. */
    public static final int DEFAULT_BODY_THRESHOLD = 64 * 1024;

    /** What Redis takes as one value, less room for a message around it in base64. */
    public static final int LARGEST_RESPONSE_BODY = 256 * 1024 * 1024;

    /** A request that loses its dispatcher is begun twice more. */
    public static final int DEFAULT_MAX_ATTEMPTS = 3;

    /** The highest bound on attempts. */
    public static final int LARGEST_MAX_ATTEMPTS = 100;

    /** How many requests wait for a slot. */
    public static final int DEFAULT_MAX_WAITING = 10_000;

    /** The highest bound on waiting requests. */
    public static final int LARGEST_MAX_WAITING = 1_000_000;

    /** Checks the parts. */
    public DispatcherSettings {
        queues = List.copyOf(queues);
        if (!isBusName(bus)) {
            throw new IllegalArgumentException("bus: '" + bus + "' (expected: a name without braces)");
        }
        positive("timeout", timeout);
        positive("max_lifetime", maxLifetime);
        if (statsEvery.isNegative()) {
            throw new IllegalArgumentException(
                    "stats_frequency_ms: " + statsEvery.toMillis() + " (expected: 0, for none, or more)");
        }
        if (maxResponseBody < 1 || maxResponseBody > LARGEST_RESPONSE_BODY) {
            throw new IllegalArgumentException(
                    "max_response_body: " + maxResponseBody + " (expected: 1 to " + LARGEST_RESPONSE_BODY + ")");
        }
        if (bodyThreshold < 0) {
            throw new IllegalArgumentException("body_threshold: " + bodyThreshold + " (expected: >= 0)");
        }
        if (queues.isEmpty()) {
            throw new IllegalArgumentException("queues: none (expected: at least one entry)");
        }
        within("max_attempts", maxAttempts, LARGEST_MAX_ATTEMPTS);
        within("max_waiting", maxWaiting, LARGEST_MAX_WAITING);
    }

    /** A bus is a hash tag in the names of its keys. */
    static boolean isBusName(String name) {
        return !name.isEmpty() && name.indexOf('{') < 0 && name.indexOf('}') < 0;
    }

    /** A builder that starts with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts with these settings. */
    public Builder edit() {
        Builder builder = new Builder();
        builder.redis = redis;
        builder.bus = bus;
        builder.timeout = timeout;
        builder.maxLifetime = maxLifetime;
        builder.statsFile = statsFile;
        builder.statsEvery = statsEvery;
        builder.accessLog = accessLog;
        builder.addThrExtraHeaders = addThrExtraHeaders;
        builder.maxResponseBody = maxResponseBody;
        builder.bodyThreshold = bodyThreshold;
        builder.queues.addAll(queues);
        builder.limits.addAll(scheduling.limits().inOrder());
        builder.fairShare = scheduling.fairShare();
        builder.order = scheduling.order();
        builder.lostSlots = lostSlots;
        builder.maxAttempts = maxAttempts;
        builder.maxWaiting = maxWaiting;
        builder.admin = admin;
        return builder;
    }

    /**
     * These settings, with those of the others that can change while a dispatcher runs: {@code scheduling},
     * {@code lostSlots} and {@code maxAttempts}.
     */
    public DispatcherSettings withLiveOf(DispatcherSettings others) {
        return new DispatcherSettings(
                redis,
                bus,
                timeout,
                maxLifetime,
                statsFile,
                statsEvery,
                accessLog,
                addThrExtraHeaders,
                maxResponseBody,
                bodyThreshold,
                queues,
                others.scheduling,
                others.lostSlots,
                others.maxAttempts,
                maxWaiting,
                admin);
    }

    private static void within(String name, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: 1 to " + most + ")");
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + ": " + value.toMillis() + " ms (expected: > 0)");
        }
    }

    /** Collects settings. For one thread. */
    public static final class Builder {

        private RedisUrl redis = RedisUrl.parse(DEFAULT_REDIS);
        private String bus = DEFAULT_BUS;
        private Duration timeout = DEFAULT_TIMEOUT;
        private Duration maxLifetime = DEFAULT_TIMEOUT;
        private Path statsFile = DEFAULT_STATS_FILE;
        private Duration statsEvery = DEFAULT_STATS_EVERY;
        private AccessLogPlace accessLog = AccessLogPlace.NOWHERE;
        private boolean addThrExtraHeaders;
        private int maxResponseBody = DEFAULT_MAX_RESPONSE_BODY;
        private int bodyThreshold = DEFAULT_BODY_THRESHOLD;
        private final List<QueueSettings> queues = new ArrayList<>();
        private final List<MaxLimit> limits = new ArrayList<>();
        private FairShare fairShare = FairShare.NONE;
        private PriorityOrder order = PriorityOrder.DEFAULT;
        private LostSlots lostSlots = LostSlots.RELEASE;
        private int maxAttempts = DEFAULT_MAX_ATTEMPTS;
        private int maxWaiting = DEFAULT_MAX_WAITING;
        private AdminSettings admin = AdminSettings.OFF;

        private Builder() {}

        /** Where the queues are. */
        public Builder redis(RedisUrl redis) {
            this.redis = redis;
            return this;
        }

        /** The name of the bus. */
        public Builder bus(String bus) {
            this.bus = bus;
            return this;
        }

        /** How long an upstream may take. */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /** How old a request may be. */
        public Builder maxLifetime(Duration maxLifetime) {
            this.maxLifetime = maxLifetime;
            return this;
        }

        /** The file that shows what is going on. */
        public Builder statsFile(Path statsFile) {
            this.statsFile = statsFile;
            return this;
        }

        /** How often that file is written; zero: never. */
        public Builder statsEvery(Duration statsEvery) {
            this.statsEvery = statsEvery;
            return this;
        }

        /** Where a line is written for each exchange that has ended. */
        public Builder accessLog(AccessLogPlace accessLog) {
            this.accessLog = accessLog;
            return this;
        }

        /** Whether the upstream gets {@code X-Thr-Bus}. */
        public Builder addThrExtraHeaders(boolean addThrExtraHeaders) {
            this.addThrExtraHeaders = addThrExtraHeaders;
            return this;
        }

        /** The largest body of a response, in bytes. */
        public Builder maxResponseBody(int maxResponseBody) {
            this.maxResponseBody = maxResponseBody;
            return this;
        }

        /** From how many bytes on a body gets a key of its own. */
        public Builder bodyThreshold(int bodyThreshold) {
            this.bodyThreshold = bodyThreshold;
            return this;
        }

        /** Serves these queues as well. */
        public Builder queue(QueueSettings queue) {
            queues.add(queue);
            return this;
        }

        /** Limits these requests as well; their names must differ. */
        public Builder limit(MaxLimit limit) {
            limits.add(limit);
            return this;
        }

        /**
         * Limits to {@code max} at a time the requests whose hash is that value, or, with {@link MaxLimit#dynamic()},
         * those of each distinct hash; shown in the statistics.
         */
        public Builder limit(String name, RequestHash hash, MaxLimit.Value value, int max) {
            return limit(new MaxLimit(name, hash, value, max, true));
        }

        /** Takes back every limit said so far. */
        public Builder noLimits() {
            limits.clear();
            return this;
        }

        /** Shares fairly between the values of these hashes, all alike, the outer first. */
        public Builder fairBy(RequestHash... hashes) {
            return fairBy(FairShare.of(Stream.of(hashes).map(FairShare.By::new).toList()));
        }

        /** Shares fairly. */
        public Builder fairBy(FairShare fairShare) {
            this.fairShare = fairShare;
            return this;
        }

        /** What a priority is worth. */
        public Builder order(PriorityOrder order) {
            this.order = order;
            return this;
        }

        /** What becomes of the slots of a dispatcher that is not heard of. */
        public Builder lostSlots(LostSlots lostSlots) {
            this.lostSlots = lostSlots;
            return this;
        }

        /** How often a request is begun. */
        public Builder maxAttempts(int maxAttempts) {
            this.maxAttempts = maxAttempts;
            return this;
        }

        /** How many requests wait for a slot. */
        public Builder maxWaiting(int maxWaiting) {
            this.maxWaiting = maxWaiting;
            return this;
        }

        /** Where its state is shown, and changed; off unless there is a port. */
        public Builder admin(AdminSettings admin) {
            this.admin = admin;
            return this;
        }

        /** The same, with the rest as it is. */
        public Builder adminPort(int port) {
            return admin(admin.withPort(port));
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException with the name, what was found and what is expected
         */
        public DispatcherSettings build() {
            return new DispatcherSettings(
                    redis,
                    bus,
                    timeout,
                    maxLifetime,
                    statsFile,
                    statsEvery,
                    accessLog,
                    addThrExtraHeaders,
                    maxResponseBody,
                    bodyThreshold,
                    queues,
                    new Scheduling(Limits.of(limits), fairShare, order),
                    lostSlots,
                    maxAttempts,
                    maxWaiting,
                    admin);
        }
    }
}
