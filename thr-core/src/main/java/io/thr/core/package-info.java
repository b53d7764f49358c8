/**
 * What filter and dispatcher share: their contract in Redis. Not a public API; it changes without notice.
 */
@NullMarked
package io.thr.core;

import org.jspecify.annotations.NullMarked;
