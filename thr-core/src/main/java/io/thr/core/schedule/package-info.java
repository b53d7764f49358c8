/**
 * The vocabulary of the scheduler: what waits, what holds slots, who holds it, and how it ends. It knows nothing of HTTP,
 * so that whatever has something to run can use it.
 *
 * <p>A member <em>claims</em> a message off its queue, and <em>schedules</em> it as a {@link io.thr.core.schedule.Ticket}
 * of a {@link io.thr.core.schedule.Flow}; it runs it when it is {@linkplain io.thr.core.schedule.Scheduled granted}, and
 * <em>finishes</em> it with an {@link io.thr.core.schedule.Ending}, by which it gets the next. The steps are
 * {@link io.thr.core.redis.RedisScheduler}'s.
 */
@NullMarked
package io.thr.core.schedule;

import org.jspecify.annotations.NullMarked;
