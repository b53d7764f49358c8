/**
 * Programs that measure THR against its peers.
 */
@NullMarked
package io.thr.benchmark;

import org.jspecify.annotations.NullMarked;
