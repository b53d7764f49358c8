/**
 * The Redis side of the bus, and the only package that knows Jedis.
 */
@NullMarked
package io.thr.core.redis;

import org.jspecify.annotations.NullMarked;
