/** The servers of the benchmark that are not THR's own. Each is the main class of a process. */
@NullMarked
package io.thr.benchmark.server;

import org.jspecify.annotations.NullMarked;
