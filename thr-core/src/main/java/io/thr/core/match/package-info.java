/**
 * Values that text is matched against: exact, glob, regexp, diff, address blocks.
 */
@NullMarked
package io.thr.core.match;

import org.jspecify.annotations.NullMarked;
