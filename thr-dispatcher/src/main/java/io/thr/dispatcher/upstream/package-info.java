/**
 * The upstream call: one narrow interface and its decorators.
 */
@NullMarked
package io.thr.dispatcher.upstream;

import org.jspecify.annotations.NullMarked;
