/**
 * Rate decisions, THR's and those of the libraries it is compared with, under the same load.
 *
 * <p>Start with {@link io.thr.benchmark.rate.Contender}, the list of who is measured: each opens a
 * {@link io.thr.benchmark.rate.Decider} for a {@link io.thr.benchmark.rate.Workload}, and a
 * {@link io.thr.benchmark.rate.Load} asks it.
 */
@NullMarked
package io.thr.benchmark.rate;

import org.jspecify.annotations.NullMarked;
