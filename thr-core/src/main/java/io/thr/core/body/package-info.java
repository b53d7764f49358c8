/**
 * Bodies that are passed on while they come: asked for piece by piece at their source, sent in frames under a window, and
 * read at the other side. Nothing of it knows Redis or HTTP.
 */
@NullMarked
package io.thr.core.body;

import org.jspecify.annotations.NullMarked;
