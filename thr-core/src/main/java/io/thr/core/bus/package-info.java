/**
 * What those who run a bus see of it, and may do to it: the vocabulary of the admin port, the page and the command line. It
 * knows neither Redis nor HTTP.
 */
@NullMarked
package io.thr.core.bus;

import org.jspecify.annotations.NullMarked;
