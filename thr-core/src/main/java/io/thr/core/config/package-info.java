/**
 * YAML read with file, line and column of every value, every mistake reported.
 */
@NullMarked
package io.thr.core.config;

import org.jspecify.annotations.NullMarked;
