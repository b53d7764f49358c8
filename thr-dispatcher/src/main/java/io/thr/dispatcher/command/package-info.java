/** The commands by which people and scripts look at a bus and change what happens on it; no dispatcher has to run. */
@NullMarked
package io.thr.dispatcher.command;

import org.jspecify.annotations.NullMarked;
