package io.thr.benchmark.rate;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Who is measured, each set up as its documentation does it. */
public enum Contender {
    /** The token bucket. */
    THR("thr", Kind.BLOCKING, ThrLimiter::tokenBucket),
    /** The fixed window, the cheapest. */
    THR_FIXED("thr-fixed", Kind.BLOCKING, ThrLimiter::fixedWindow),
    /** A GET and a script that compares and swaps for each decision, and again where another was faster. */
    BUCKET4J_JEDIS("bucket4j-jedis", Kind.BLOCKING, Bucket4jPeer::jedis),
    /** With its remedy for hot keys: those who ask for the same key at a time go together. */
    BUCKET4J_JEDIS_BATCHING("bucket4j-jedis-batching", Kind.BLOCKING, Bucket4jPeer::jedisBatching),
    /** On one connection for all. */
    BUCKET4J_LETTUCE("bucket4j-lettuce", Kind.BLOCKING, Bucket4jPeer::lettuce),
    /** On one connection for all, with the remedy. */
    BUCKET4J_LETTUCE_BATCHING("bucket4j-lettuce-batching", Kind.BLOCKING, Bucket4jPeer::lettuceBatching),
    /** A script for each decision. It has no token bucket, but remembers all it granted in the window. */
    REDISSON("redisson", Kind.BLOCKING, RedissonPeer::blocking),
    /** GET, then MULTI, INCR, EXPIRE, EXEC: who comes between GET and EXEC is granted too, so it does not limit. */
    TUTORIAL("tutorial-racy", Kind.BLOCKING, TutorialPeer::blocking),

    /** As {@link #THR}. */
    THR_ASYNC("thr-async", Kind.ASYNC, ThrLimiter::tokenBucketAsync),
    /** As {@link #THR_FIXED}. */
    THR_FIXED_ASYNC("thr-fixed-async", Kind.ASYNC, ThrLimiter::fixedWindowAsync),
    /** As {@link #BUCKET4J_LETTUCE}. */
    BUCKET4J_LETTUCE_ASYNC("bucket4j-lettuce-async", Kind.ASYNC, Bucket4jPeer::lettuceAsync),
    /** As {@link #BUCKET4J_LETTUCE_BATCHING}. */
    BUCKET4J_LETTUCE_BATCHING_ASYNC("bucket4j-lettuce-batching-async", Kind.ASYNC, Bucket4jPeer::lettuceBatchingAsync),
    /** As {@link #REDISSON}. */
    REDISSON_ASYNC("redisson-async", Kind.ASYNC, RedissonPeer::async);

    /** How it is asked. Only those that are asked in the same way are compared. */
    public enum Kind {
        /** By as many threads as there are callers, each waiting for its decision. */
        BLOCKING,
        /** With as many decisions under way as there are callers. */
        ASYNC
    }

    private final String label;
    private final Kind kind;

    @SuppressWarnings("ImmutableEnumChecker") // references to static methods
    private final Function<Workload, Decider> opener;

    Contender(String label, Kind kind, Function<Workload, Decider> opener) {
        this.label = label;
        this.kind = kind;
        this.opener = opener;
    }

    /** The one that the tables and the command line call so. */
    public static Contender named(String label) {
        return Arrays.stream(values())
                .filter(contender -> contender.label.equals(label))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("contender: " + label + " (expected: one of " + labels() + ")"));
    }

    /** What the tables and the command line call all of them. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(Contender::label).toList();
    }

    /** What the tables and the command line call it. */
    public String label() {
        return label;
    }

    /** Whether it is ours, and not one of the others. */
    public boolean isThr() {
        return label.startsWith("thr");
    }

    /** How it is asked. */
    public Kind kind() {
        return kind;
    }

    /** Connects it to Redis, which must be empty. */
    public Decider open(Workload workload) {
        return opener.apply(workload);
    }
}
