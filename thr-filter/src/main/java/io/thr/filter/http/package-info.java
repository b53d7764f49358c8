/**
 * The servlet API as the rules and the queue see it: requests read, responses written, exchanges passed on.
 */
@NullMarked
package io.thr.filter.http;

import org.jspecify.annotations.NullMarked;
