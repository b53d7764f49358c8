/**
 * What the requests of a queue wait for, and in which order: {@linkplain io.thr.core.limit.Limits limits} on how many run
 * at the same time, {@linkplain io.thr.core.limit.FairShare fair shares}, and the
 * {@linkplain io.thr.core.limit.PriorityOrder order} of priorities. {@link io.thr.core.limit.Scheduling} makes of all
 * three, for one request, what the scheduler of {@code io.thr.core.schedule} is told.
 */
@NullMarked
package io.thr.core.limit;

import org.jspecify.annotations.NullMarked;
