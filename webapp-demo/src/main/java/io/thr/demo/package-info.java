/**
 * The ready-made front, for those who have no web application of their own: Jetty and {@link io.thr.filter.ThrFilter},
 * behind the command line of {@link io.thr.demo.Main}. {@code demo} adds a Redis, a dispatcher and an upstream, all in
 * one process.
 */
@NullMarked
package io.thr.demo;

import org.jspecify.annotations.NullMarked;
