/**
 * What a client is told of the rate policies that it came under, whether it was refused or not. It knows no servlets, no
 * rules and no answers: who writes an answer adds these fields to it.
 */
@NullMarked
package io.thr.filter.rate;

import org.jspecify.annotations.NullMarked;
