/**
 * The dispatcher: takes requests off the queues, forwards them, answers.
 */
@NullMarked
package io.thr.dispatcher;

import org.jspecify.annotations.NullMarked;
