package io.thr.filter.rule;

import io.thr.core.rate.OnExceeded;
import io.thr.core.rate.RateAlgorithm;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateQuota;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntPredicate;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A rate policy as rules apply it: by what it counts, what a request costs, and what becomes of what exceeds it.
 *
 * <pre>{@code
 * RateLimit.by(RatePolicy.named("ping", FIXED_WINDOW, 20, Duration.ofMinutes(1)).build(), realIp())
 * }</pre>
 *
 * <p>A request that several rules charge by the same policy is charged once. Immutable: every method gives a new one.
 */
public final class RateLimit {

    private RatePolicy policy;
    private List<RateKeyPart> key;
    private ToLongFunction<Exchange> cost = exchange -> 1;
    private Map<List<@Nullable String>, RateQuota> overrides = Map.of();
    private boolean live;
    private @Nullable String costHeader;
    private IntPredicate refunded = status -> false;
    private @Nullable String queue;
    private @Nullable Body body;

    /**
     * What a refused client reads.
     *
     * @param contentType its media type
     * @param text the text, sent as UTF-8
     */
    public record Body(String contentType, String text) {}

    private RateLimit(RatePolicy policy, List<RateKeyPart> key) {
        this.policy = policy;
        this.key = key;
    }

    private RateLimit(RateLimit from) {
        policy = from.policy;
        key = from.key;
        cost = from.cost;
        overrides = from.overrides;
        live = from.live;
        costHeader = from.costHeader;
        refunded = from.refunded;
        queue = from.queue;
        body = from.body;
    }

    /** The policy, counted by these parts together; by none: all requests share one key. */
    public static RateLimit by(RatePolicy policy, RateKeyPart... key) {
        return new RateLimit(policy, List.of(key));
    }

    /**
     * What a request costs, 0 or more; by default 1. What is below 0 counts as 0.
     *
     * <p>The function must not block.
     */
    public RateLimit cost(ToLongFunction<Exchange> newCost) {
        RateLimit changed = new RateLimit(this);
        changed.cost = Objects.requireNonNull(newCost, "cost: null (expected: a function of the exchange)");
        return changed;
    }

    /** What every request costs. */
    public RateLimit cost(long newCost) {
        if (newCost < 0 || newCost > RatePolicy.MAX_QUOTA) {
            throw new IllegalArgumentException("cost: " + newCost + " (expected: 0 to " + RatePolicy.MAX_QUOTA + ")");
        }
        return cost(exchange -> newCost);
    }

    /**
     * Gives one key a quota of its own.
     *
     * @param parts the key's values in the order of its parts; null where a request has none; an IPv6 network as {@code
     *     2001:db8:0:1::/64}
     * @throws IllegalArgumentException where there are more or fewer values than parts, or the policy cannot have the quota
     */
    public RateLimit override(RateQuota quota, @Nullable String... parts) {
        if (parts.length != key.size()) {
            throw new IllegalArgumentException(policy.name() + ": key: " + parts.length + " values (expected: "
                    + key.size() + ", as the key has parts)");
        }
        if (quota.burst() != RateQuota.FOLLOWS && policy.algorithm() != RateAlgorithm.TOKEN_BUCKET) {
            throw new IllegalArgumentException(
                    "burst: " + quota.burst() + " (expected: none: only a token-bucket has one)");
        }
        quota.of(policy);
        RateLimit changed = new RateLimit(this);
        List<@Nullable String> values = new ArrayList<>(parts.length);
        for (String part : parts) {
            values.add(part);
        }
        changed.overrides = new HashMap<>(overrides);
        changed.overrides.put(values, quota);
        return changed;
    }

    /** Lets quotas that are set on the bus while all runs take the place of the configured ones, within a second. */
    public RateLimit live() {
        RateLimit changed = new RateLimit(this);
        changed.live = true;
        return changed;
    }

    /** Corrects what a request cost to the number in that header of its response, where that has one. */
    public RateLimit settledBy(String responseHeader) {
        RateLimit changed = settled();
        changed.costHeader = FieldSyntax.name(responseHeader);
        return changed;
    }

    /** Gives back what a request cost where its response has such a status. */
    public RateLimit refundedOn(IntPredicate statuses) {
        RateLimit changed = settled();
        changed.refunded = Objects.requireNonNull(statuses, "refund_on: null (expected: statuses)");
        return changed;
    }

    private RateLimit settled() {
        RateLimit changed = new RateLimit(this);
        changed.policy = policy.asSettled();
        return changed;
    }

    /**
     * Names the queue of requests that exceed it.
     *
     * @throws IllegalArgumentException where the policy does something else with them
     */
    public RateLimit toQueue(String newQueue) {
        if (policy.onExceeded() != OnExceeded.QUEUE) {
            throw new IllegalArgumentException(
                    policy.name() + ": queue: " + newQueue + " (expected: none, as on_exceeded is "
                            + policy.onExceeded().name().toLowerCase(Locale.ROOT) + ")");
        }
        RateLimit changed = new RateLimit(this);
        changed.queue = FieldSyntax.notEmpty("queue", newQueue);
        return changed;
    }

    /** What a client reads whose request it refuses, instead of problem details. */
    public RateLimit body(String contentType, String text) {
        FieldSyntax.value("content_type", contentType);
        RateLimit changed = new RateLimit(this);
        changed.body = new Body(contentType, text);
        return changed;
    }

    /** The policy as configured. */
    public RatePolicy policy() {
        return policy;
    }

    /** By what it counts. */
    public List<RateKeyPart> key() {
        return key;
    }

    /** What that request costs. */
    public long costOf(Exchange exchange) {
        return Math.max(0, Math.min(RatePolicy.MAX_QUOTA, cost.applyAsLong(exchange)));
    }

    /** The policy for a key with these values, as configured. */
    public RatePolicy policyOf(List<@Nullable String> values) {
        RateQuota quota = overrides.isEmpty() ? null : overrides.get(values);
        return quota == null ? policy : quota.of(policy);
    }

    /** Whether a key with these values has a quota of its own, as configured. */
    public boolean isOverridden(List<@Nullable String> values) {
        return overrides.containsKey(values);
    }

    /** Whether quotas that are set on the bus count. */
    public boolean isLive() {
        return live;
    }

    /**
     * What that response says the request should have cost.
     *
     * @param charged what it was charged
     */
    public long settledCost(long charged, int status, @Nullable String header) {
        if (refunded.test(status)) {
            return 0;
        }
        if (header == null || header.length() > 10 || header.isEmpty()) {
            return charged;
        }
        for (int i = 0; i < header.length(); i++) {
            if (header.charAt(i) < '0' || header.charAt(i) > '9') {
                return charged;
            }
        }
        return Math.min(RatePolicy.MAX_QUOTA, Long.parseLong(header));
    }

    /** The response's header that says what a request cost, or null. */
    public @Nullable String costHeader() {
        return costHeader;
    }

    /** The queue of requests that exceed it, or null: the one that the rules have set. */
    public @Nullable String queue() {
        return queue;
    }

    /** What a refused client reads, or null. */
    public @Nullable Body body() {
        return body;
    }

    /** {@code ping by [real_ip]}. */
    @Override
    public String toString() {
        return policy.name() + " by " + key;
    }
}
