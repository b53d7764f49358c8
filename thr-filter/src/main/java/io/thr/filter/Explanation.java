package io.thr.filter;

import io.thr.filter.rate.RateExplanation;
import java.util.List;

/**
 * What would become of a request.
 *
 * @param rules the rules that match, in their order: {@code rule 3 (hello)}
 * @param decision what they decide: {@code pass}, {@code answer 200}, {@code queue thr:queue:hello}; where every policy has room
 * @param policies the rate policies that it comes under, and how they stand
 */
public record Explanation(List<String> rules, String decision, List<RateExplanation> policies) {

    /** Keeps copies. */
    public Explanation {
        rules = List.copyOf(rules);
        policies = List.copyOf(policies);
    }

    /** Whether a policy has no room for it, and refuses, delays or queues it. */
    public boolean isExceeded() {
        return policies.stream()
                .anyMatch(
                        policy -> policy.state().exceeded() && !policy.policy().shadow());
    }
}
