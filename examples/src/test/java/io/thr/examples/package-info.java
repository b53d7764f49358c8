/** Runs what the documentation tells its readers to run. */
@NullMarked
package io.thr.examples;

import org.jspecify.annotations.NullMarked;
