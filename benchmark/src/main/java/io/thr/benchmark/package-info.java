/**
 * Measures, in one run on one machine and against one upstream, what the way through THR costs: direct, through Jetty's
 * own asynchronous proxy, and through front, Redis and dispatcher.
 *
 * <p>Start with {@link io.thr.benchmark.Benchmark}: it starts every server as a process of its own
 * ({@link io.thr.benchmark.ServerProcess}), drives them with one light client ({@link io.thr.benchmark.HttpLoad}) and
 * writes what it found as a table ({@link io.thr.benchmark.Report}). Two commands measure large bodies
 * ({@link io.thr.benchmark.BodyBenchmark}) and server-sent events ({@link io.thr.benchmark.StreamBenchmark}) on the same ways. Two
 * more measure a part without HTTP: the scheduler ({@link io.thr.benchmark.SchedulerBenchmark}), and rate decisions beside those of
 * other libraries ({@link io.thr.benchmark.RateBenchmark}).
 */
@NullMarked
package io.thr.benchmark;

import org.jspecify.annotations.NullMarked;
