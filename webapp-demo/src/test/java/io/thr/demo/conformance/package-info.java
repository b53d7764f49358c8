/**
 * The conformance suite: the same bytes sent to an upstream directly, through Jetty's own proxy and through THR, and what
 * the upstream and the client got compared. {@code docs/conformance.md} says what is compared and lists the differences.
 */
@NullMarked
package io.thr.demo.conformance;

import org.jspecify.annotations.NullMarked;
