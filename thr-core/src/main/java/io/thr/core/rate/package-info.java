/**
 * The vocabulary of rate policies: how many requests a key may make per time. A <em>policy</em> is a quota per window under a
 * name; a <em>charge</em> is what a request costs one key of it; a {@link io.thr.core.rate.RateLimiter} decides all charges
 * of a request together, all or nothing. Not to be mixed up with limits ({@link io.thr.core.limit}), which count requests at
 * the same time. It knows neither HTTP nor Redis; {@link io.thr.core.redis.RedisRateLimiter} decides for all nodes of a bus,
 * {@link io.thr.core.rate.LocalRateLimiter} for one alone.
 */
@NullMarked
package io.thr.core.rate;

import org.jspecify.annotations.NullMarked;
