package io.thr.filter.rate;

import io.thr.core.config.Secret;
import io.thr.core.match.IpAddress;
import io.thr.core.message.Headers;
import io.thr.core.rate.OnExceeded;
import io.thr.core.rate.RateCharge;
import io.thr.core.rate.RateDecision;
import io.thr.core.rate.RateKeys;
import io.thr.core.rate.RateLimiter;
import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateQuota;
import io.thr.core.rate.RateState;
import io.thr.core.redis.LiveRateQuotas;
import io.thr.core.redis.RedisRateLimiter;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.Exchange;
import io.thr.filter.rule.OnRedisFailure;
import io.thr.filter.rule.RateKeyPart;
import io.thr.filter.rule.RateLimit;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Decides requests by the rate policies of the rules they met: all together, in one question to Redis. Threads may share it.
 *
 * <p>It answers within 50 ms, whatever Redis does: where that cannot be asked, {@code on_redis_failure} of the request decides:
 * it goes on uncounted, or is not served, or is counted by this node alone. A live quota of a key that has not been seen for a
 * second is asked for first.
 */
public final class RateGate {

    private static final Logger LOG = System.getLogger(RateGate.class.getName());

    private final FilterSettings settings;
    private final RateNode node;
    private final RateKeys keys;
    private final RateHeaders headers;

    /** For the policies of the rules of those settings. */
    public RateGate(FilterSettings settings, RateNode node) {
        this.settings = settings;
        this.node = node;
        Secret secret = settings.rateLimitSecret();
        keys = new RateKeys(secret == null ? settings.bus() : secret.text());
        headers = new RateHeaders(settings.rateLimitHeaders());
        node.expect(settings);
    }

    /**
     * Decides. What depends on it must not block.
     *
     * @return never fails, but where a function of a policy does; complete already where nobody had to be asked
     */
    public CompletableFuture<RateOutcome> decide(Exchange exchange) {
        if (exchange.rateLimits().isEmpty()) {
            return CompletableFuture.completedFuture(RateOutcome.FREE);
        }
        return charges(exchange).thenCompose(charges -> decide(exchange, charges));
    }

    private CompletableFuture<RateOutcome> decide(Exchange exchange, List<RateCharge> charges) {
        RedisRateLimiter redis = node.limiter();
        if (redis == null) {
            return withoutRedis(exchange, charges, node.reason());
        }
        CompletableFuture<RateOutcome> decided =
                redis.decide(charges).thenApply(decision -> outcome(exchange, charges, decision, redis));
        return decided.isDone() && !decided.isCompletedExceptionally()
                ? decided
                : decided.exceptionallyCompose(failure -> withoutRedis(exchange, charges, failure));
    }

    private CompletableFuture<RateOutcome> withoutRedis(
            Exchange exchange, List<RateCharge> charges, Throwable failure) {
        LOG.log(Level.DEBUG, "request " + exchange.requestId() + " cannot be counted", failure);
        OnRedisFailure said = exchange.onRedisFailure();
        node.counts().undecided(charges);
        return switch (said == null ? settings.onRedisFailure() : said) {
            case OPEN -> CompletableFuture.completedFuture(RateOutcome.FREE);
            case CLOSED -> CompletableFuture.completedFuture(new RateOutcome.Unavailable());
            case LOCAL ->
                node.local().decide(charges).thenApply(decision -> outcome(exchange, charges, decision, node.local()));
        };
    }

    /** What the request is charged, by the quotas in force. */
    private CompletableFuture<List<RateCharge>> charges(Exchange exchange) {
        List<RateLimit> limits = exchange.rateLimits();
        List<List<@Nullable String>> values = new ArrayList<>(limits.size());
        List<String> fields = List.of();
        for (RateLimit limit : limits) {
            List<@Nullable String> parts = values(limit, exchange);
            values.add(parts);
            if (limit.isLive()) {
                fields = fields.isEmpty() ? new ArrayList<>() : fields;
                fields.add(LiveRateQuotas.field(limit.policy().name()));
                fields.add(LiveRateQuotas.field(limit.policy().name(), RateKeys.text(parts)));
            }
        }
        LiveRateQuotas quotas = fields.isEmpty() ? null : node.quotas();
        if (quotas == null) {
            return CompletableFuture.completedFuture(charges(exchange, values, Map.of()));
        }
        return quotas.of(fields).thenApply(live -> charges(exchange, values, live));
    }

    private List<RateCharge> charges(
            Exchange exchange, List<List<@Nullable String>> values, Map<String, RateQuota> live) {
        List<RateLimit> limits = exchange.rateLimits();
        List<RateCharge> charges = new ArrayList<>(limits.size());
        for (int i = 0; i < limits.size(); i++) {
            RateLimit limit = limits.get(i);
            RatePolicy policy = policy(limit, values.get(i), live);
            charges.add(new RateCharge(policy, keys.key(policy, values.get(i)), limit.costOf(exchange)));
        }
        return List.copyOf(charges);
    }

    /** A key's quota on the bus comes before the file's, that before the policy's on the bus, that before the policy's own. */
    private static RatePolicy policy(RateLimit limit, List<@Nullable String> values, Map<String, RateQuota> live) {
        RatePolicy configured = limit.policyOf(values);
        if (live.isEmpty()) {
            return configured;
        }
        String name = limit.policy().name();
        RateQuota quota = live.get(LiveRateQuotas.field(name, RateKeys.text(values)));
        if (quota == null && !limit.isOverridden(values)) {
            quota = live.get(LiveRateQuotas.field(name));
        }
        if (quota == null) {
            return configured;
        }
        try {
            return quota.of(limit.policy());
        } catch (IllegalArgumentException e) {
            LOG.log(Level.DEBUG, "a quota that was set for " + name + " is not one for it", e);
            return configured;
        }
    }

    private List<@Nullable String> values(RateLimit limit, Exchange exchange) {
        List<@Nullable String> values = new ArrayList<>(limit.key().size());
        for (RateKeyPart part : limit.key()) {
            String value = part.of(exchange);
            values.add(part.isAddress() && value != null ? network(value) : value);
        }
        return values;
    }

    private String network(String address) {
        return address.indexOf(':') < 0 ? address : IpAddress.of(address).network(settings.ipv6Prefix());
    }

    private RateOutcome outcome(
            Exchange exchange, List<RateCharge> charges, RateDecision decision, RateLimiter limiter) {
        List<RateLimit> limits = exchange.rateLimits();
        node.counts().decided(decision);
        List<Headers.Field> fields = headers.of(decision.states());
        if (decision instanceof RateDecision.Refused refused) {
            return new RateOutcome.Refused(fields, refused, body(limits, refused));
        }
        RateDecision.Granted granted = (RateDecision.Granted) decision;
        RateReceipt receipt = RateReceipt.of(limits, charges, granted.states(), limiter);
        receipt.attach(exchange);
        return new RateOutcome.Allowed(fields, granted.delayMillis(), queue(exchange, granted), receipt);
    }

    private static RateLimit.@Nullable Body body(List<RateLimit> limits, RateDecision.Refused refused) {
        for (RateState state : refused.states()) {
            if (!state.exceeded() || state.policy().isSoft()) {
                continue;
            }
            for (RateLimit limit : limits) {
                if (limit.policy().name().equals(state.policy().name()) && limit.body() != null) {
                    return limit.body();
                }
            }
        }
        return null;
    }

    private @Nullable String queue(Exchange exchange, RateDecision.Granted granted) {
        List<RateLimit> limits = exchange.rateLimits();
        for (int i = 0; i < limits.size(); i++) {
            RateState state = granted.states().get(i);
            if (state.exceeded() && !state.policy().shadow() && state.policy().onExceeded() == OnExceeded.QUEUE) {
                String queue = limits.get(i).queue();
                String said = queue == null ? exchange.redisQueue() : queue;
                // "null" is a rule's word for none: what does not exceed passes
                return said == null || said.equals("null") ? settings.defaultQueue() : said;
            }
        }
        return null;
    }

    /** How the policies that the exchange comes under stand; nothing is charged. */
    public CompletableFuture<List<RateExplanation>> explain(Exchange exchange) {
        List<RateLimit> limits = exchange.rateLimits();
        if (limits.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        RedisRateLimiter redis = node.limiter();
        if (redis == null) {
            return CompletableFuture.failedFuture(node.reason());
        }
        return charges(exchange)
                .thenCompose(charges -> redis.peek(charges).thenApply(states -> {
                    List<RateExplanation> explained = new ArrayList<>(charges.size());
                    for (int i = 0; i < charges.size(); i++) {
                        RateCharge charge = charges.get(i);
                        explained.add(new RateExplanation(
                                charge.policy(),
                                limits.get(i).key().toString(),
                                charge.key(),
                                charge.cost(),
                                states.get(i)));
                    }
                    return explained;
                }));
    }
}
