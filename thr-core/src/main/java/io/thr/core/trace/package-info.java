/**
 * The trace that a request is part of (W3C Trace Context), carried through the queue, and spans where the application brings
 * OpenTelemetry: its API is used where it is on the class path, and nothing of it is needed where it is not.
 */
@NullMarked
package io.thr.core.trace;

import org.jspecify.annotations.NullMarked;
