/**
 * Classes of the user that a configuration consists of, or names: on the class path, announced to
 * {@link java.util.ServiceLoader}, or in a source file that is compiled when it is read.
 */
@NullMarked
package io.thr.core.source;

import org.jspecify.annotations.NullMarked;
