package io.thr.core.limit;

import io.thr.core.message.RequestMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All limits of a bus. A request runs only while every one that applies to it has room, and then counts in all of them.
 * Immutable but for its count of failures; threads may share it.
 */
public final class Limits {

    /** How many there can be: every request is looked at by each. */
    public static final int MOST = 1_000;

    /** No limit at all. */
    public static final Limits NONE = new Limits(List.of());

    private final List<MaxLimit> inOrder;
    private final Map<String, Integer> maxima;
    private final Map<String, GuardedHash> counters = new LinkedHashMap<>();

    private Limits(List<MaxLimit> inOrder) {
        this.inOrder = List.copyOf(inOrder);
        Map<String, Integer> byName = new LinkedHashMap<>();
        for (MaxLimit limit : inOrder) {
            if (byName.put(limit.name(), limit.max()) != null) {
                throw new IllegalArgumentException("name: '" + limit.name() + "' twice (expected: names of their own)");
            }
        }
        this.maxima = Map.copyOf(byName);
        inOrder.stream().filter(limit -> !limit.isDynamic()).forEach(this::guard);
        inOrder.stream().filter(MaxLimit::isDynamic).forEach(this::guard);
    }

    private void guard(MaxLimit limit) {
        String name = limit.name();
        counters.put(
                name, new GuardedHash("limit " + name, "its hash fails, and it does not apply then", limit::counter));
    }

    /**
     * These limits.
     *
     * @throws IllegalArgumentException where two have one name, or there are more than {@link #MOST}
     */
    public static Limits of(List<MaxLimit> limits) {
        if (limits.size() > MOST) {
            throw new IllegalArgumentException("limits: " + limits.size() + " (expected: <= " + MOST + ")");
        }
        return limits.isEmpty() ? NONE : new Limits(limits);
    }

    /** The limits, in the order in which they were given. */
    public List<MaxLimit> inOrder() {
        return inOrder;
    }

    /**
     * What counts that request, from the general to the specific: the fixed limits in their order, then the dynamic
     * ones. A limit whose hash is null, or throws, does not apply.
     *
     * @return names, or {@code name==value}. A value of more than 128 characters, or that could be taken for something
     *     else, is replaced by {@code ~} and a hash
     */
    public List<String> counters(RequestMessage request) {
        List<String> counting = new ArrayList<>();
        for (GuardedHash limit : counters.values()) {
            @Nullable String counter = limit.hash(request);
            if (counter != null) {
                counting.add(counter);
            }
        }
        return counting;
    }

    /** The maxima by the names of the limits. */
    public Map<String, Integer> maxima() {
        return maxima;
    }

    /** How often a limit's hash has failed, by its name; none that never did. */
    public Map<String, Long> failures() {
        Map<String, Long> failures = new LinkedHashMap<>();
        counters.forEach((name, limit) -> {
            if (limit.failures() > 0) {
                failures.put(name, limit.failures());
            }
        });
        return failures;
    }

    /** Whether the other has the same limits in the same order. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Limits that && inOrder.equals(that.inOrder);
    }

    @Override
    public int hashCode() {
        return inOrder.hashCode();
    }

    @Override
    public String toString() {
        return inOrder.toString();
    }
}
