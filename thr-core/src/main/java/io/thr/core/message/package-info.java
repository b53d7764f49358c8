/**
 * The messages on the lists: THR's requests and responses as JSON.
 */
@NullMarked
package io.thr.core.message;

import org.jspecify.annotations.NullMarked;
