/**
 * The vocabulary of crash-safe taking: claims and the members that hold them.
 */
@NullMarked
package io.thr.core.claim;

import org.jspecify.annotations.NullMarked;
