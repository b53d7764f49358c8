/**
 * The ready-made front.
 */
@NullMarked
package io.thr.demo;

import org.jspecify.annotations.NullMarked;
