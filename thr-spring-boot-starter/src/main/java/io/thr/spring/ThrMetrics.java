package io.thr.spring;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.thr.filter.ThrFilter;
import io.thr.filter.rate.RateCounts.Count;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToLongFunction;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;

/**
 * The meters {@code thr.suspended}, the exchanges that wait now, {@code thr.connected}, 1 while Redis can be reached and else
 * 0, and for each rate policy {@code thr.rate.decisions} with the outcomes {@code granted}, {@code exceeded} and {@code
 * undecided}, and {@code thr.rate.delayed}, of those granted. Their labels are as many as the rules have policies. These are known when the filter runs, which is when the application is ready.
 */
final class ThrMetrics implements MeterBinder, ApplicationListener<ApplicationReadyEvent> {

    private static final String DELAYED = "thr.rate.delayed";
    private static final String POLICY = "policy";

    private final ThrFilter filter;
    private final List<MeterRegistry> registries = new CopyOnWriteArrayList<>();

    ThrMetrics(ThrFilter filter) {
        this.filter = filter;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("thr.suspended", filter, ThrFilter::suspended)
                .description("Exchanges that wait in the queue, or for a rate policy, now")
                .register(registry);
        Gauge.builder("thr.connected", filter, running -> running.isConnected() ? 1 : 0)
                .description("Whether Redis can be reached now")
                .register(registry);
        registries.add(registry);
        bindPolicies(registry);
    }

    /** Registers the policies that the registries do not have yet. */
    @Override
    public void onApplicationEvent(ApplicationReadyEvent event) {
        registries.forEach(this::bindPolicies);
    }

    private void bindPolicies(MeterRegistry registry) {
        for (String policy : filter.rateCounts().keySet()) {
            if (registry.find(DELAYED).tag(POLICY, policy).functionCounter() != null) {
                continue;
            }
            bindOutcome(registry, policy, "granted", Count::granted);
            bindOutcome(registry, policy, "exceeded", Count::exceeded);
            bindOutcome(registry, policy, "undecided", Count::undecided);
            FunctionCounter.builder(DELAYED, filter, of(policy, Count::delayed)::applyAsLong)
                    .description("Requests that a rate policy has granted and made wait")
                    .tag(POLICY, policy)
                    .register(registry);
        }
    }

    private void bindOutcome(MeterRegistry registry, String policy, String outcome, ToLongFunction<Count> part) {
        FunctionCounter.builder("thr.rate.decisions", filter, of(policy, part)::applyAsLong)
                .description("What a rate policy has said of requests")
                .tag(POLICY, policy)
                .tag("outcome", outcome)
                .register(registry);
    }

    private static ToLongFunction<ThrFilter> of(String policy, ToLongFunction<Count> part) {
        return filter -> {
            Count count = filter.rateCounts().get(policy);
            return count == null ? 0 : part.applyAsLong(count);
        };
    }
}
