package io.thr.filter.rate;

import io.thr.core.rate.RatePolicy;
import io.thr.core.rate.RateState;

/**
 * How a rate policy stands for a request.
 *
 * @param policy the policy, with the quota that is in force for the key
 * @param by by what it counts: {@code [real_ip]}
 * @param key the key, hashed: the end of its name in Redis
 * @param cost what the request would be charged
 * @param state how the policy stands: its {@code waitMillis} says whether there is room for the request
 */
public record RateExplanation(RatePolicy policy, String by, String key, long cost, RateState state) {}
