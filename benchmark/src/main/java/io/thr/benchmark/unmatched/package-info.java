/**
 * A request that no rule matches, through the filter and without it, in one JVM with nothing else.
 *
 * <p>Start with {@link io.thr.benchmark.unmatched.UnmatchedRequest}, which JMH runs; {@link
 * io.thr.benchmark.unmatched.RuleMix} has the rules, and {@link io.thr.benchmark.unmatched.FixedRequest} stands for the
 * container's request.
 */
@NullMarked
package io.thr.benchmark.unmatched;

import org.jspecify.annotations.NullMarked;
