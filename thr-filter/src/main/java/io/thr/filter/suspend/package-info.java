/**
 * The life of a suspended request: captured, sent, answered once.
 */
@NullMarked
package io.thr.filter.suspend;

import org.jspecify.annotations.NullMarked;
