/** How the programs write to their logs: never a storm, and never a line that somebody else has begun. */
@NullMarked
package io.thr.core.log;

import org.jspecify.annotations.NullMarked;
