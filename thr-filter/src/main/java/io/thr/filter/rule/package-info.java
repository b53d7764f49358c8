/**
 * The rules, as users write them in Java: criteria, actions, and the exchange they act on.
 */
@NullMarked
package io.thr.filter.rule;

import org.jspecify.annotations.NullMarked;
