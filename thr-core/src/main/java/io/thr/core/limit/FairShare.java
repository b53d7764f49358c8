package io.thr.core.limit;

import io.thr.core.message.RequestMessage;
import io.thr.core.schedule.Flow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Between whom the slots are shared fairly: while several wait, each key has its share of the time that slots are used,
 * however many requests it sends. With more than one level the outer keys share first, and what each gets is shared
 * among the keys below it; so that nobody gains by dividing himself. Immutable; threads may share it.
 */
public final class FairShare {

    /** How many levels there can be: each costs the scheduler a step on every request's way. */
    public static final int MOST_LEVELS = 4;

    /** The key that stands for all keys that are not named in the weights. */
    public static final String OTHERS = "*";

    /** No fairness but that of who comes first. */
    public static final FairShare NONE = new FairShare(List.of());

    private final List<By> levels;
    private final List<GuardedHash> hashes = new ArrayList<>();

    /**
     * A level.
     *
     * @param hash whose share a request counts for. Requests that have none share the empty key, with those whose hash
     *     is empty
     * @param weights how large the share of a key is, 0.01 to 100, to three decimals; 1 where it is not named, or what
     *     {@link #OTHERS} says
     */
    public record By(RequestHash hash, Map<String, Double> weights) {

        /** Checks the weights. */
        public By {
            weights = Map.copyOf(weights);
            weights.forEach((key, weight) -> {
                if (!(weight >= 0.01 && weight <= 100)) {
                    throw new IllegalArgumentException("weights: " + key + ": " + weight + " (expected: 0.01 to 100)");
                }
            });
        }

        /** All alike. */
        public By(RequestHash hash) {
            this(hash, Map.of());
        }

        private Flow.Share share(String key) {
            Double weight = weights.get(key);
            return new Flow.Share(BoundedText.of(key), weight != null ? weight : weights.getOrDefault(OTHERS, 1.0));
        }
    }

    private FairShare(List<By> levels) {
        this.levels = List.copyOf(levels);
        for (By level : levels) {
            hashes.add(new GuardedHash(
                    "fair_by " + level.hash(),
                    "it fails, and the request shares with those that have none",
                    level.hash()));
        }
    }

    /**
     * These levels, the outer first.
     *
     * @throws IllegalArgumentException where there are more than {@link #MOST_LEVELS}
     */
    public static FairShare of(List<By> levels) {
        if (levels.size() > MOST_LEVELS) {
            throw new IllegalArgumentException(
                    "fair_by: " + levels.size() + " levels (expected: <= " + MOST_LEVELS + ")");
        }
        return levels.isEmpty() ? NONE : new FairShare(levels);
    }

    /** The levels, the outer first. */
    public List<By> levels() {
        return levels;
    }

    /** Whose share that request counts for, the outer level first. Keys are bounded as the values of counters are. */
    public List<Flow.Level> path(RequestMessage request) {
        List<Flow.Level> path = new ArrayList<>(levels.size());
        for (int i = 0; i < levels.size(); i++) {
            @Nullable String key = hashes.get(i).hash(request);
            path.add(levels.get(i).share(key == null ? "" : key));
        }
        return path;
    }

    /** How often a hash has failed. */
    public long failures() {
        return hashes.stream().mapToLong(GuardedHash::failures).sum();
    }

    /** Whether the other has the same levels. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FairShare that && levels.equals(that.levels);
    }

    @Override
    public int hashCode() {
        return levels.hashCode();
    }

    @Override
    public String toString() {
        return levels.toString();
    }
}
