/**
 * Rate policies at the entrance: what a request is charged by the rules it met, the decision, and what a client is told of it.
 * {@link io.thr.filter.rate.RateGate} asks; who suspends, answers or passes a request acts on its
 * {@link io.thr.filter.rate.RateOutcome}. It knows no servlets.
 */
@NullMarked
package io.thr.filter.rate;

import org.jspecify.annotations.NullMarked;
